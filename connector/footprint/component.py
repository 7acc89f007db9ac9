"""One piece of metadata: what Salesforce calls a component, as a value."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TypeAlias


#: What an element holds: a text, a number, a truth, elements of its own, or several of these.
Value: TypeAlias = "str | bool | int | float | Body | Sequence[Value]"
#: Elements by name, in the order of the XML; a sequence is the same element several times.
Body: TypeAlias = Mapping[str, Value]

#: What every org gets; the other parts may be left out.
CORE = "core"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """
    One component of the Metadata API.

    `kind` is its type, such as CustomField or Flow, `name` its full name, such as
    Contact.SMS_Opt_Out__c or SMS/Delivery_by_Campaign. `body` has what stands below the root
    element, without fullName, in the order of the WSDL. `part` says what it is left out with.
    """

    kind: str
    name: str
    body: Body
    part: str = CORE

    @property
    def parent(self) -> str:
        """The object that it belongs to, or the folder; empty where it stands alone."""
        separator = "/" if "/" in self.name else "."
        return self.name.rpartition(separator)[0]

    @property
    def own_name(self) -> str:
        """The name within the object or folder."""
        return self.name.removeprefix(self.parent)[bool(self.parent) :]
