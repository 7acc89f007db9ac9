"""How a flow starts: by a record, at a time after it, by a platform event, or called."""

import dataclasses
from collections.abc import Sequence

from connector.footprint.component import Body, Value
from connector.footprint.flows.elements import Condition, connector, filters, ordered


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The Start element; one that is not triggered is called by other flows."""

    body: Body

    @property
    def is_triggered(self) -> bool:
        return "triggerType" in self.body

    def placed(self, x: int, y: int) -> Body:
        return ordered({"locationX": x, "locationY": y, **self.body})


def called(first: str) -> Start:
    """By another flow, as a subflow."""
    return Start(body=connector("connector", first))


def on_event(first: str, event: str) -> Start:
    """By each message of a platform event, which is then `$Record`."""
    return Start(
        body={
            **connector("connector", first),
            "object": event,
            "triggerType": "PlatformEvent",
        }
    )


def on_update(first: str, of: str, *, where: Sequence[Condition], logic: str = "and") -> Start:
    """At once, in the transaction that updates a record, by each update that fits."""
    return Start(
        body={
            **connector("connector", first),
            **filters(where, logic),
            "object": of,
            "recordTriggerType": "Update",
            "triggerType": "RecordAfterSave",
        }
    )


def after_commit(first: str, of: str, *, where: Sequence[Condition]) -> Start:
    """As soon as the transaction that makes a record fit has ended, and apart from it."""
    # Salesforce takes nothing else with this type of path, not even a label.
    path = {**connector("connector", first), "pathType": "AsyncAfterCommit"}
    return _later(of, where, path)


def hours_after(
    first: str, of: str, hours: int, field: str, *, where: Sequence[Condition]
) -> Start:
    """
    So many hours after the time in a field of a record that fits.

    Salesforce drops a path that waits when the record stops fitting, and moves it with the
    field (Salesforce help, "Considerations for Scheduled Paths in Record-Triggered Flows").
    """
    path = {
        "name": f"After_{hours}_Hours",
        **connector("connector", first),
        "label": f"{hours} hours after",
        "offsetNumber": hours,
        "offsetUnit": "Hours",
        "recordField": field,
        "timeSource": "RecordField",
    }
    return _later(of, where, path)


def one_by_one(first: str, of: str, *, where: Sequence[Condition]) -> Start:
    """A minute after a record fits, one record a transaction: each sees what the last did."""
    path = {
        "name": "One_By_One",
        **connector("connector", first),
        "label": "One by one",
        "maxBatchSize": 1,
        "offsetNumber": 1,
        "offsetUnit": "Minutes",
        "timeSource": "RecordTriggerEvent",
    }
    return _later(of, where, path)


def _later(of: str, where: Sequence[Condition], path: Value) -> Start:
    return Start(
        body={
            # A path for later starts only where this update is what makes the record fit.
            "doesRequireRecordChangedToMeetCriteria": True,
            **filters(where),
            "object": of,
            "recordTriggerType": "CreateAndUpdate",
            "scheduledPaths": [path],
            "triggerType": "RecordAfterSave",
        }
    )
