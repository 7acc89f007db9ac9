"""Short ways to write fields down, with the properties their kind has in every org."""

import dataclasses
from typing import Any

from connector.emulator.fields import Field


# The keyword arguments are those of Field, passed on.
def text(name: str, label: str, length: int = 255, **more: Any) -> Field:  # noqa: ANN401
    return Field(name=name, label=label, length=length, **more)


def long_text(name: str, label: str, length: int = 32_000, **more: Any) -> Field:  # noqa: ANN401
    return Field(name=name, label=label, type="textarea", length=length, **more)


def phone(name: str, label: str) -> Field:
    return Field(name=name, label=label, type="phone", length=40)


def picklist(name: str, label: str, *values: str, **more: Any) -> Field:  # noqa: ANN401
    return Field(
        name=name,
        label=label,
        type="picklist",
        length=more.pop("length", 255),
        values=values,
        **more,
    )


def checkbox(name: str, label: str, *, default: bool = False, **more: Any) -> Field:  # noqa: ANN401
    return Field(
        name=name, label=label, type="boolean", nillable=False, default=default, **more
    )


def moment(name: str, label: str, **more: Any) -> Field:  # noqa: ANN401
    return Field(name=name, label=label, type="datetime", **more)


def day(name: str, label: str, **more: Any) -> Field:  # noqa: ANN401
    return Field(name=name, label=label, type="date", **more)


def number(name: str, label: str, precision: int = 18, scale: int = 0, **more: Any) -> Field:  # noqa: ANN401
    return Field(
        name=name, label=label, type="double", precision=precision, scale=scale, **more
    )


def whole(name: str, label: str, digits: int = 9, **more: Any) -> Field:  # noqa: ANN401
    return Field(name=name, label=label, type="int", precision=digits, **more)


def lookup(name: str, label: str, to: str, **more: Any) -> Field:  # noqa: ANN401
    """A reference; its relationship is named as Salesforce does, X__r or the name less Id."""
    usual = f"{name[:-3]}__r" if name.endswith("__c") else name.removesuffix("Id")
    more.setdefault("relationship", usual)
    return Field(
        name=name, label=label, type="reference", length=18, reference_to=(to,), **more
    )


def computed(field: Field) -> Field:
    """The same field as the org alone writes it."""
    return _replace(field, createable=False, updateable=False, permissionable=False)


def required(field: Field) -> Field:
    return _replace(field, nillable=False, permissionable=False)


def fixed(field: Field) -> Field:
    """The same field, set once at creation."""
    return _replace(field, updateable=False)


def _replace(field: Field, **changes: Any) -> Field:  # noqa: ANN401
    return dataclasses.replace(field, **changes)


def record_id(label: str) -> Field:
    return computed(
        Field(name="Id", label=label, type="id", length=18, nillable=False, defaulted=True)
    )


def system_fields(*, owner: bool = True, deletable: bool = True) -> tuple[Field, ...]:
    """What nearly every object has: owner, deletion flag, and the audit fields."""
    kept = {"nillable": False, "defaulted": True}
    audit = (
        computed(moment("CreatedDate", "Created Date", **kept)),
        computed(lookup("CreatedById", "Created By ID", "User", **kept)),
        computed(moment("LastModifiedDate", "Last Modified Date", **kept)),
        computed(lookup("LastModifiedById", "Last Modified By ID", "User", **kept)),
        computed(moment("SystemModstamp", "System Modstamp", **kept)),
    )
    deleted = (computed(checkbox("IsDeleted", "Deleted")),) if deletable else ()
    owned = (
        (lookup("OwnerId", "Owner ID", "User", permissionable=False, **kept),) if owner else ()
    )
    return (*deleted, *owned, *audit)


def person_name() -> tuple[Field, ...]:
    part = {"compound": "Name", "extra_type": "personname", "permissionable": False}
    return (
        text("LastName", "Last Name", 80, nillable=False, **part),
        text("FirstName", "First Name", 40, **part),
        picklist(
            "Salutation", "Salutation", "Mr.", "Ms.", "Mrs.", "Dr.", "Prof.", length=40, **part
        ),
        computed(
            text(
                "Name",
                "Full Name",
                121,
                nillable=False,
                name_field=True,
                extra_type="personname",
            )
        ),
    )
