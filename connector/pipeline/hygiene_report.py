"""The report of a quarter, written once it is over and kept from then on."""

from connector.clock import Clock
from connector.domain.hygiene_report import Census, Line, Quarter
from connector.phones import country
from connector.pipeline.tenure import Held
from connector.store import Store


BATCH = 10_000


def count(store: Store, quarter: Quarter) -> list[Line]:
    """The figures as they are now; of a quarter that is over, those that were kept."""
    with store.transaction(reads=True) as transaction:
        if kept := transaction.hygiene_reports.find(str(quarter)):
            return kept
    census, after = Census(quarter, country), ""
    while True:
        with store.transaction(reads=True) as transaction:
            page = transaction.hygiene.page(after=after, limit=BATCH, everyone=True)
        census.add(page)
        if len(page) < BATCH:
            break
        after = page[-1].phone
    with store.transaction(reads=True) as transaction:
        begins_at, ends_at = quarter.begins_at, quarter.ends_at
        return census.lines(transaction.hygiene_reports.texted(begins_at, ends_at))


def keep_report(store: Store, clock: Clock, held: Held) -> str:
    """Keep the report of the last quarter unless that was done; what was kept, if anything."""
    now = clock()
    quarter = Quarter.of(now).before
    with store.transaction(reads=True) as transaction:
        if transaction.hygiene_reports.find(str(quarter)):
            return ""
    lines = count(store, quarter)
    with held() as transaction:
        transaction.hygiene_reports.put(str(quarter), lines, now)
    return str(quarter)
