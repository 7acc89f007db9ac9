"""An emulated org in which the set-up has been applied, without waiting for it each time."""

import dataclasses
import functools

from connector.domain.delivery import DeliveryStatus
from connector.emulator import EmulatedOrg, SObject
from connector.footprint import API_VERSION, everything, zip_of
from tests.support.clock import NOON


STATUSES = tuple(status.value for status in DeliveryStatus)
#: The objects that get fields of ours, and those that are ours.
_PEOPLE = ("Contact", "Lead")


def install_sms_fields(org: EmulatedOrg) -> None:
    """Make the org one in which our fields and objects are, visible to all users."""
    applied = _applied()
    for name in _PEOPLE:
        fields = (field for field in applied[name].fields if field.name.startswith("SMS_"))
        org.add_fields(name, *fields)
    for name, sobject in applied.items():
        if name not in _PEOPLE:
            org.add_object(sobject)


@functools.cache
def package() -> bytes:
    """All that we deploy, in one zip."""
    return zip_of(everything().components(), api_version=API_VERSION)


@functools.cache
def _applied() -> dict[str, SObject]:
    """What the org makes of our deployment, once a process."""
    org = EmulatedOrg(clock=lambda: NOON)
    try:
        result = org.deploy(package())
        assert result.success, result
        ours = (each for each in org.schema if each.name.startswith("SMS_"))
        # Apart from those that an org hands out itself, from a00 on.
        own = {
            each.name: dataclasses.replace(each, key_prefix=f"a9{number}")
            for number, each in enumerate(ours)
            if each.name.endswith("__c")
        }
        return {**{name: org.schema.sobject(name) for name in _PEOPLE}, **own}
    finally:
        org.close()
