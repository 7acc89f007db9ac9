"""Rolling up what changed, beside few messages and beside very many."""

import contextlib
import dataclasses
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import orjson
import psycopg

from connector import mapping
from connector.clock import system_clock
from connector.domain.contribution import Contribution
from connector.domain.delivery import Delivery, DeliveryEvent, DeliveryStatus
from connector.domain.figures import Period, account_of
from connector.pipeline.campaign_check import check_campaigns
from connector.pipeline.counting import Counting, summed
from connector.pipeline.match import match
from connector.pipeline.roll_up import roll_up
from connector.store import Store
from connector.store.times import micros
from tests.benchmarks.figures import Figure, Scale, at_most, interleaved, ratio
from tests.support import postgres


#: Messages that change in each round.
CHANGED = 2_000
FEW = 100
GATEWAY, SENDER = "kannel", "Acme"
FIRST = datetime(2026, 11, 2, tzinfo=UTC)
CAMPAIGNS, HOURS = 100, 50
#: In place of the whole roll-up: what would be done without figures that are kept.
NAIVE = b"""
    SELECT campaign, first_seen_at / 3600000000, gateway, sender, status, reason, COUNT(*)
    FROM deliveries GROUP BY 1, 2, 3, 4, 5, 6
"""
TEMPLATES = b"""
    CREATE TEMP TABLE templates (place bigint, campaign text, at bigint, counted text)
"""
FILL = b"""
    INSERT INTO deliveries (gateway, message_id, rank, status, occurred_at, reported_at,
      first_seen_at, recipient, sender, campaign, counted, counted_for, unmatched)
    SELECT 'kannel', 'm' || n, 2, 'Delivered', t.at, t.at, t.at,
      '+1212555' || lpad((n %% 10000)::text, 4, '0'), 'Acme', t.campaign, t.counted,
      t.campaign, 1
    FROM generate_series(%b::bigint, %b::bigint) AS n
    JOIN templates AS t ON t.place = n %% %b::bigint
"""
INDEXES = b"""
    SELECT indexname, indexdef FROM pg_indexes
    WHERE tablename = 'deliveries' AND indexname <> 'deliveries_pkey'
"""


def run(scale: Scale) -> Iterator[Figure]:
    with postgres.server() as server:
        if not server:
            return
        with server.database() as url, contextlib.closing(Store.open(url)) as store:
            yield from _measured(scale, url, store)


def _measured(scale: Scale, url: str, store: Store) -> Iterator[Figure]:
    few, many = max(scale.deliveries // FEW, CHANGED), scale.deliveries
    _fill(url, store, 0, few)
    beside_few = interleaved(scale.rounds, {"ours": lambda: _round(store, few)})["ours"]
    _fill(url, store, few, many)
    ways = {"ours": lambda: _round(store, many), "naive": lambda: _recounted(url)}
    beside_many = interleaved(scale.rounds, ways)
    report = check_campaigns(
        store, Counting(mapping.load_all(mapping.packaged())), _campaign(0)
    )
    assert not report.differences, "what is not right costs less"
    yield Figure(
        name=f"{CHANGED:,} changes beside {many:,} messages, beside {few:,}: time",
        value=ratio(beside_many["ours"], beside_few),
        goal=at_most(2.0),
    )
    yield Figure(
        name=f"reading {many:,} messages through in one statement, such a roll-up: time",
        value=ratio(beside_many["naive"], beside_many["ours"]),
    )
    yield Figure(
        name="matched, counted and rolled up a second",
        value=CHANGED / sorted(beside_many["ours"])[len(beside_many["ours"]) // 2],
        unit="messages",
    )


def _round(store: Store, messages: int) -> float:
    """Some messages change from anywhere; how long until the figures say so."""
    draw = random.Random(time.perf_counter_ns())  # noqa: S311
    chosen = draw.sample(range(messages), min(CHANGED, messages))
    with store.transaction() as transaction:
        transaction.deliveries.fold(_later(number) for number in chosen)
    mappings = mapping.load_all(mapping.packaged())
    started = time.perf_counter()
    while match(store, mappings, system_clock).unmatched:
        pass
    while roll_up(store.transaction, tuple(Period)).more:
        pass
    return time.perf_counter() - started


def _later(number: int) -> Delivery:
    """A late report, which moves the message from one figure to another."""
    _, at = _place(number)
    event = DeliveryEvent(
        gateway=GATEWAY,
        message_id=f"m{number}",
        status=DeliveryStatus.DELIVERED,
        received_at=at + timedelta(seconds=number % 50),
        occurred_at=at + timedelta(seconds=1 + number % 50),
        segments=1 + number % 3,
    )
    return dataclasses.replace(Delivery.from_event(event), first_seen_at=at)


def _recounted(url: str) -> float:
    with psycopg.connect(url) as connection:
        started = time.perf_counter()
        connection.execute(NAIVE).fetchall()
        return time.perf_counter() - started


def _fill(url: str, store: Store, first: int, beyond: int) -> None:
    """So many messages, delivered and counted, as if all had been reported long ago."""
    _count(store, first, beyond)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TEMPLATES)
        cursor = connection.cursor()
        cursor.executemany(
            b"INSERT INTO templates VALUES (%b, %b, %b, %b)",
            [
                (place, _campaign(place), micros(_place(place)[1]), _counted(place))
                for place in range(CAMPAIGNS * HOURS)
            ],
        )
        indexes = connection.execute(INDEXES).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}".encode())
        connection.execute(FILL, (first, beyond - 1, CAMPAIGNS * HOURS))
        for _, definition in indexes:
            connection.execute(definition.encode())
        connection.execute(b"VACUUM ANALYZE deliveries")


def _count(store: Store, first: int, beyond: int) -> None:
    """What the figures say of these."""
    places = CAMPAIGNS * HOURS
    times = {
        _counted(place): (beyond - 1 - place) // places - (first - 1 - place) // places
        for place in range(places)
    }
    cells = summed(times)
    with store.transaction() as transaction:
        transaction.figures.note(cells)
    while roll_up(store.transaction, tuple(Period)).more:
        pass


def _campaign(number: int) -> str:
    return f"701000000000{number % CAMPAIGNS:03d}AAA"


def _place(number: int) -> tuple[str, datetime]:
    """The campaign and the hour of a message."""
    hour = number % (CAMPAIGNS * HOURS) // CAMPAIGNS
    return _campaign(number), FIRST + timedelta(hours=hour)


def _counted(place: int) -> str:
    campaign, at = _place(place)
    contribution = Contribution(
        campaign=campaign,
        account=account_of(GATEWAY, ""),
        hour=micros(at),
        day=micros(at.replace(hour=0)),
        gateway=GATEWAY,
        country="US",
        sender=SENDER,
        status=DeliveryStatus.DELIVERED,
    )
    return orjson.dumps(contribution.stored()).decode()
