"""Who calls and with which wishes: what the write path must know of a request."""

import dataclasses
from collections.abc import Mapping

from connector.emulator.faults import Fault


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The running user, the name of the call for the history, and the request's own options."""

    user: str
    call: str
    now: str
    auto_assign: str = "TRUE"
    save_duplicates: bool = False
    #: The org acting for itself (conversion, merge, seeds): no permissions, faults or rules.
    system: bool = False
    #: The lock faults that strike this call.
    locks: tuple[Fault, ...] = ()

    @property
    def assigns(self) -> bool:
        """Whether assignment rules run: they do unless the caller says FALSE."""
        return self.auto_assign.strip().upper() != "FALSE"


def saves_duplicates(headers: Mapping[str, str]) -> bool:
    wishes = headers.get("Sforce-Duplicate-Rule-Header", "").split(";")
    return "allowsave=true" in {wish.replace(" ", "").lower() for wish in wishes}
