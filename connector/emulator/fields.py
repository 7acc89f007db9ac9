"""Fields: what they hold and how `describe` shows them."""

import dataclasses


#: What a field may hold; None is an empty field.
Value = str | int | float | bool | None

_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "int": "xsd:int",
    "address": "urn:address",
    "complexvalue": "urn:ComplexValue",
}
#: SQLite column types; text compares without case, as SOQL does, ids with case.
_COLUMN_TYPES = {
    "id": "TEXT",
    "reference": "TEXT",
    "date": "TEXT",
    "datetime": "TEXT",
    "boolean": "INTEGER NOT NULL DEFAULT 0",
    "int": "INTEGER",
    "double": "REAL",
    "currency": "REAL",
    "percent": "REAL",
}
#: From this length a text area is a long one: no filter, no sorting, no grouping.
_LONG_TEXT = 256


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of an object; `cases` make it a formula over the field named `case_of`."""

    name: str
    label: str = ""
    type: str = "string"
    length: int = 0
    precision: int = 0
    scale: int = 0
    createable: bool = True
    updateable: bool = True
    nillable: bool = True
    defaulted: bool = False
    default: Value = None
    unique: bool = False
    external_id: bool = False
    id_lookup: bool = False
    name_field: bool = False
    restricted: bool = False
    values: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()  # of the values, where they differ from them
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None
    children: str | None = None
    cascade_delete: bool = False
    permissionable: bool = True
    compound: str | None = None
    extra_type: str | None = None
    help: str | None = None
    case_of: str = ""
    cases: tuple[tuple[str, str], ...] = ()
    case_else: str = ""
    #: Any other formula, which is shown and not computed.
    formula_text: str = ""

    @property
    def custom(self) -> bool:
        return self.name.endswith(("__c", "__pc"))

    @property
    def deployable(self) -> bool:
        """Whether it is a component of its own; the mirror of a person's field is none."""
        return self.name.endswith("__c")

    @property
    def calculated(self) -> bool:
        return bool(self.case_of or self.formula_text)

    @property
    def is_text(self) -> bool:
        return self.type not in _COLUMN_TYPES and self.type != "address"

    @property
    def is_long_text(self) -> bool:
        return self.type == "textarea" and self.length >= _LONG_TEXT

    @property
    def title(self) -> str:
        return self.label or self.name

    @property
    def column_type(self) -> str:
        return _COLUMN_TYPES.get(self.type, "TEXT COLLATE NOCASE")

    @property
    def finds_records(self) -> bool:
        """Whether upsert and lookups by value may use it."""
        return self.external_id or self.id_lookup

    def formula(self) -> str | None:
        if not self.case_of:
            return self.formula_text or None
        pairs = "".join(f'"{value}","{text}",' for value, text in self.cases)
        return f'CASE(TEXT({self.case_of}),{pairs}"{self.case_else}")'


def describe_field(field: Field) -> dict[str, object]:
    """The 57 keys that describe gives each field (v59 recordings in SFDO-Tooling/CumulusCI)."""
    long_text, boolean = field.is_long_text, field.type == "boolean"
    shown_default = field.default if boolean or field.custom else None
    keys: dict[str, object] = {
        "aggregatable": not (boolean or long_text or field.type == "address"),
        "aiPredictionField": False,
        "autoNumber": False,
        "byteLength": field.length if field.type in {"id", "reference"} else field.length * 3,
        "calculated": field.calculated,
        "calculatedFormula": field.formula(),
        "cascadeDelete": field.cascade_delete,
        "caseSensitive": False,
        "compoundFieldName": field.compound,
        "controllerName": None,
        "createable": field.createable,
        "custom": field.custom,
        "defaultValue": False if boolean and field.default is None else shown_default,
        "defaultValueFormula": None,
        "defaultedOnCreate": field.defaulted or boolean,
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": field.precision if field.type == "int" else 0,
        "displayLocationInDecimal": False,
        "encrypted": False,
        "externalId": field.external_id,
        "extraTypeInfo": field.extra_type
        or ("plaintextarea" if field.type == "textarea" else None),
        "filterable": not (long_text or field.type == "address"),
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": not (long_text or field.type in {"address", "datetime", "double"}),
        "highScaleNumber": False,
        "htmlFormatted": False,
        "idLookup": field.finds_records or field.type == "id",
        "inlineHelpText": field.help,
        "label": field.title,
        "length": field.length,
        "mask": None,
        "maskType": None,
        "name": field.name,
        "nameField": field.name_field,
        "namePointing": False,
        "nillable": field.nillable,
        "permissionable": field.permissionable,
        "picklistValues": [
            _picklist_value(field, value, label)
            for value, label in zip(field.values, field.labels or field.values, strict=True)
        ],
        "polymorphicForeignKey": len(field.reference_to) > 1,
        "precision": 0 if field.type == "int" else field.precision,
        "queryByDistance": field.type == "address",
        "referenceTargetField": None,
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship,
        "relationshipOrder": None,
        "restrictedDelete": False,
        "restrictedPicklist": field.restricted,
        "scale": field.scale,
        "searchPrefilterable": field.type == "reference" and field.updateable,
        "soapType": _SOAP_TYPES.get(field.type, "xsd:string"),
        "sortable": not (long_text or field.type == "address"),
        "type": field.type,
        "unique": field.unique,
        "updateable": field.updateable,
        "writeRequiresMasterRead": False,
    }
    return keys


def _picklist_value(field: Field, value: str, label: str) -> dict[str, object]:
    return {
        "active": True,
        "defaultValue": value == field.default,
        "label": label,
        "validFor": None,
        "value": value,
    }
