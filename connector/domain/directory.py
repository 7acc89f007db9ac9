"""What the phone directory knows of a record: which numbers it holds and where it went."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime

from connector.domain.records import RecordRef


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryEntry:
    """
    One record as Salesforce has it now.

    `phones` maps the field name to the text that stands in it. `successor` is where a
    converted or merged record went on; `deleted` without a successor means it is gone.
    `parent` is the id that Salesforce locks with it (an account), empty where there is none.
    `twin` is the same person under another id: a person account and its contact are one.
    `opt_outs` tells of each field that is ours to flag opt-outs with whether it says one.
    """

    record: RecordRef
    phones: Mapping[str, str]
    modified_at: datetime
    parent: str = ""
    deleted: bool = False
    successor: RecordRef | None = None
    twin: RecordRef | None = None
    opt_outs: Mapping[str, bool] = dataclasses.field(default_factory=dict)
