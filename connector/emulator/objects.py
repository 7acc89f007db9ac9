"""Objects: their fields, and how the two describes show them."""

import dataclasses
from collections.abc import Sequence

from connector.emulator.fields import Field, describe_field


MASTER_RECORD_TYPE = "012000000000000AAA"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SObject:
    """One object: an API name, the first three characters of its ids, its fields in order."""

    name: str
    label: str
    label_plural: str
    key_prefix: str
    fields: tuple[Field, ...]
    createable: bool = True
    deletable: bool = True
    updateable: bool = True
    mergeable: bool = False
    searchable: bool = True
    layoutable: bool = True
    setup: bool = False  # lives in Setup: may not be mixed with other objects in a call
    purges: bool = False  # what is deleted is gone at once: there is no recycle bin
    #: The field that is named automatically, such as `SCS-{000000}`; empty for plain names.
    name_format: str = ""
    #: Which API shows it: the data API, the Tooling API, or both.
    apis: tuple[str, ...] = ("data",)
    #: The system permission without which nobody sees it.
    power: str = ""

    @property
    def custom(self) -> bool:
        return self.name.endswith(("__c", "__e"))

    @property
    def event(self) -> bool:
        """Whether its records are platform events: published, not kept."""
        return self.name.endswith("__e")

    def with_fields(self, fields: Sequence[Field]) -> "SObject":
        """The same object with these fields added, or put in the place of their namesakes."""
        new = {field.name.lower() for field in fields}
        others = tuple(field for field in self.fields if field.name.lower() not in new)
        return dataclasses.replace(self, fields=(*others, *fields))


def global_description(sobject: SObject, base: str) -> dict[str, object]:
    """How `/sobjects` lists one object."""
    described = _flags(sobject)
    urls = _urls(sobject, base)
    for name in ("uiDetailTemplate", "uiEditTemplate", "uiNewRecord"):
        urls.pop(name)
    return {**described, "urls": urls}


def description(
    sobject: SObject,
    fields: list[Field],
    children: list[dict[str, object]],
    base: str,
    instance_url: str = "",
) -> dict[str, object]:
    """The 45 keys that describe gives an object (v59 recordings in SFDO-Tooling/CumulusCI)."""
    layout = f"{base}/sobjects/{sobject.name}/describe/layouts/{MASTER_RECORD_TYPE}"
    return {
        "actionOverrides": [],
        **_flags(sobject),
        "childRelationships": children,
        "compactLayoutable": sobject.layoutable,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [describe_field(field) for field in fields],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [
            {
                "active": True,
                "available": True,
                "defaultRecordTypeMapping": True,
                "developerName": "Master",
                "master": True,
                "name": "Master",
                "recordTypeId": MASTER_RECORD_TYPE,
                "urls": {"layout": layout},
            }
        ],
        "searchLayoutable": sobject.searchable,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [
            {"label": f"All {sobject.label_plural.lower()}", "name": "everything"},
            {"label": f"My {sobject.label_plural.lower()}", "name": "mine"},
        ],
        "urls": _urls(sobject, base, instance_url),
    }


def child_relationship(child: SObject, field: Field) -> dict[str, object]:
    return {
        "cascadeDelete": field.cascade_delete,
        "childSObject": child.name,
        "deprecatedAndHidden": False,
        "field": field.name,
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": field.children,
        "restrictedDelete": False,
    }


def _flags(sobject: SObject) -> dict[str, object]:
    return {
        "activateable": False,
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": sobject.createable,
        "custom": sobject.custom,
        "customSetting": False,
        "deepCloneable": False,
        "deletable": sobject.deletable,
        "deprecatedAndHidden": False,
        "feedEnabled": False,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": sobject.key_prefix,
        "label": sobject.label,
        "labelPlural": sobject.label_plural,
        "layoutable": sobject.layoutable,
        "mergeable": sobject.mergeable,
        "mruEnabled": sobject.layoutable,
        "name": sobject.name,
        "queryable": not sobject.event,
        "replicateable": not sobject.event,
        "retrieveable": not sobject.event,
        "searchable": sobject.searchable,
        "triggerable": True,
        "undeletable": sobject.deletable,
        "updateable": sobject.updateable,
    }


def _urls(sobject: SObject, base: str, instance_url: str = "") -> dict[str, str]:
    own = f"{base}/sobjects/{sobject.name}"
    return {
        "compactLayouts": f"{own}/describe/compactLayouts",
        "rowTemplate": f"{own}/{{ID}}",
        "approvalLayouts": f"{own}/describe/approvalLayouts",
        "uiDetailTemplate": f"{instance_url}/{{ID}}",
        "uiEditTemplate": f"{instance_url}/{{ID}}/e",
        "listviews": f"{own}/listviews",
        "describe": f"{own}/describe",
        "uiNewRecord": f"{instance_url}/{sobject.key_prefix}/e",
        "quickActions": f"{own}/quickActions",
        "layouts": f"{own}/describe/layouts",
        "sobject": own,
    }
