"""All that lasts, to be compared: the store row by row, the org's records, a gateway's list."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from connector.clock import system_clock
from connector.emulator import EmulatedOrg
from tests.reliability.crashes.work import Scene


#: What may differ after a crash, and why that is right.
MAY_DIFFER: Mapping[str, frozenset[str]] = {
    "job_slots": frozenset({"holder", "fence", "attempts", "result"}),  # who did it, at last
    "pending": frozenset({"change_id"}),  # drawn by chance
    "audit": frozenset({"number", "detail", "previous", "hash"}),  # an erasure begun anew
}
#: Who holds what; and the calls made, of which a crash costs one more.
LEFT_OUT = frozenset({"leases", "call_pace", "call_slots", "alembic_version"})
#: The end of the audit's chain, which is as long as the audit; what is to be written once more
#: because a call of the dead may land last.
_OWN_MARKS = ("audit.head", "push.late", "push.sent")
_ORG = ("Contact", "Lead", "SMS_Campaign_Stat__c")
_ORG_MAY_DIFFER = ("SystemModstamp", "LastModifiedDate", "CreatedDate")

#: How often each row is there, by where it lies.
State = dict[str, Counter[str]]


def look(scene: Scene) -> State:
    """Everything as it is now; nobody may be at it."""
    found: State = {}
    with contextlib.closing(scene.open_store()) as store:
        for engine in store._engines:  # noqa: SLF001 (nobody else looks at everything)
            found |= _tables(engine)
        with store.transaction(reads=True) as transaction:
            found["breaks of the audit"] = Counter(map(str, transaction.audit.verify()))
    org = EmulatedOrg(scene.org_file, clock=system_clock)
    with contextlib.closing(org):
        for name in _ORG:
            rows = ({**row} for row in org.records(name))
            found[f"org: {name}"] = Counter(_without(row, _ORG_MAY_DIFFER) for row in rows)
    told = scene.folder / "list.json"
    found["list"] = Counter([told.read_text() if told.exists() else ""])
    return found


def _tables(engine: sa.Engine) -> State:
    found: State = {}
    for name in sa.inspect(engine).get_table_names():
        if name in LEFT_OUT:
            continue
        with engine.connect() as connection:
            rows = connection.execute(sa.text(f"SELECT * FROM {name}")).mappings()  # noqa: S608
            lines = Counter(_without({**row}, MAY_DIFFER.get(name, ())) for row in rows)
        found[name] = Counter(set(lines)) if name == "audit" else lines
    if "marks" in found:
        found["marks"] = Counter(
            each for each in found["marks"] if not any(name in each for name in _OWN_MARKS)
        )
    return found


def _without(row: Mapping[str, object], names: object) -> str:
    left_out = frozenset(names)  # type: ignore[call-overload]
    return repr({name: row[name] for name in sorted(row) if name not in left_out})


def differences(wanted: State, found: State) -> Iterator[str]:
    for name in sorted(wanted.keys() | found.keys()):
        expected, seen = wanted.get(name, Counter()), found.get(name, Counter())
        for row in expected - seen:
            yield f"{name}: lacks {row[:300]}"
        for row in seen - expected:
            yield f"{name}: has {row[:300]}"
