"""
Every callback file comes in at the door, is kept by either engine, and becomes its events.

All files share one store an engine: what it holds is asked for as the sum of what they say.
"""

import asyncio
import contextlib
import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

import pytest

from connector import gateways
from connector.domain.callback import KeptCallback
from connector.domain.consent import ConsentEvent, fold
from connector.domain.delivery import Delivery, DeliveryEvent
from connector.domain.engagement import EngagementEvent
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.base import Event
from connector.pipeline import events, normalise
from connector.settings import Settings
from connector.store import Store
from connector.web.callers import Callers
from connector.web.door import Door
from connector.web.group_commit import GroupCommit
from connector.web.reading import Limits
from connector.web.tally import Tally
from connector.wiring.local import phone_reader
from tests.gateways import expected
from tests.gateways.cases import FILES, Case, read
from tests.support.asgi import Asked, ask
from tests.support.clock import NOON
from tests.support.papers import papers


EPOCH = datetime.fromtimestamp(0, UTC)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of all files: the answers, what was kept of the authentic ones, the store."""

    cases: Mapping[str, Case]
    answers: Mapping[str, Asked]
    kept: Mapping[str, KeptCallback]
    report: normalise.NormaliseReport
    store: Store

    @property
    def authentic(self) -> dict[str, Case]:
        return {name: case for name, case in self.cases.items() if case.trusted}

    @property
    def stored(self) -> Iterator[Event]:
        """Each event that the store should have been told."""
        for case in self.authentic.values():
            yield from map(expected.stored, expected.events_of(case))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def told(request, tmp_path_factory) -> Iterator[Told]:
    """Every file, gone through a door and the pipeline; one store for all of them."""
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{tmp_path_factory.mktemp('store')}"
        if request.param == "postgresql":
            url = stack.enter_context(request.getfixturevalue("postgres_server").database())
        store = Store.open(url)
        stack.callback(store.close)
        cases = {f"{path.parent.name}/{path.stem}": read(path) for path in FILES}
        answers = asyncio.run(ask_for_all(store, cases.values()))
        kept = reversed(store.inbox.latest(limit=len(cases)))
        authentic = (name for name, case in cases.items() if case.trusted)
        yield Told(
            cases=cases,
            answers=dict(zip(cases, answers, strict=True)),
            # As many as are authentic, in their order: nothing else was kept.
            kept=dict(zip(authentic, kept, strict=True)),
            report=normalise.normalise(
                store, gateways.installed(), phone_reader(Settings()), lambda: NOON
            ),
            store=store,
        )


async def ask_for_all(store: Store, cases: Iterable[Case]) -> list[Asked]:
    commit = GroupCommit(store.inbox.keep)
    answers = await asyncio.gather(*(ask_for(case, commit) for case in cases))
    await commit.close()
    return answers


async def ask_for(case: Case, commit: GroupCommit) -> Asked:
    """The answer of a door that knows this file's secrets and moment."""
    callback = case.callback

    def clock() -> datetime:
        return callback.received_at

    door = Door(
        gateways=gateways.installed(),
        secrets={(case.gateway.name, expected.account(callback.target)): case.secrets},
        callers=Callers(),
        public_url=callback.public_url,
        commit=commit,
        papers=papers(clock),
        clock=clock,
        tally=Tally(clock),
        limits=Limits(),
    )
    return await ask(
        door,
        callback.method,
        callback.target,
        headers=list(callback.headers.items()),
        body=callback.body,
    )


def read_kept(kept: KeptCallback) -> tuple[list[Event], bool]:
    """All that can be read of it, and whether something could not."""
    found: list[Event] = []
    try:
        found.extend(events.events_of(kept, gateways.installed()))
    except CallbackUnreadableError:
        return found, True
    return found, False


def test_an_authentic_callback_is_answered_as_its_gateway_wants(told):
    answers = {
        name: (answer.status, answer.body, answer.headers.get("content-type", ""))
        for name, answer in told.answers.items()
        if name in told.authentic
    }

    replies = {name: case.gateway.reply for name, case in told.authentic.items()}
    assert answers == {
        name: (reply.status, reply.body, reply.content_type) for name, reply in replies.items()
    }


def test_what_is_not_authentic_is_refused_and_not_kept(told):
    refused = {name: told.answers[name].status for name in told.cases.keys() - told.authentic}

    assert set(refused.values()) == {403}
    assert refused.keys().isdisjoint(told.kept)


def test_the_request_is_kept_as_it_came(told):
    kept = {name: each.callback for name, each in told.kept.items()}

    for name, case in told.authentic.items():
        sent, found = case.callback, kept[name]
        assert (found.gateway, found.method, found.body) == (
            sent.gateway,
            sent.method,
            sent.body,
        )
        assert found.received_at == sent.received_at
        assert (
            found.headers.items()
            <= {**sent.headers, "content-length": f"{len(sent.body)}"}.items()
        )


def test_each_says_the_same_when_it_comes_out_of_the_store(told):
    said = {name: read_kept(kept) for name, kept in told.kept.items()}

    assert said == {
        name: (expected.events_of(case), case.unreadable)
        for name, case in told.authentic.items()
    }


def test_an_opt_out_waits_behind_no_report(told):
    numbers = told.store.inbox.ids_since(EPOCH, limit=len(told.cases))

    urgent = {number for number, is_urgent in numbers if is_urgent}
    assert not [
        name
        for name, case in told.authentic.items()
        if told.kept[name].id not in urgent
        and any(isinstance(event, ConsentEvent) for event in expected.events_of(case))
    ]


def test_what_cannot_be_read_waits_in_quarantine(told):
    with told.store.transaction(reads=True) as transaction:
        quarantined = transaction.unread.quarantined(len(told.cases))
        waiting = transaction.unread.waiting()

    numbers = [each.callback_id for each in quarantined]
    assert sorted(numbers) == sorted(
        told.kept[name].id for name, case in told.authentic.items() if case.unreadable
    )
    assert told.report.quarantined == len(numbers)
    assert waiting == 0


def test_the_store_has_every_event_of_every_message(told):
    wanted: dict[tuple[str, str], set[tuple[object, ...]]] = defaultdict(set)
    for event in told.stored:
        fact: tuple[object, ...] = ()
        if isinstance(event, DeliveryEvent):
            word = event.status or event.word
            fact = ("delivery", word, event.occurred_at, event.error_code)
        elif isinstance(event, EngagementEvent):
            fact = (event.kind, "", event.occurred_at, "")
        if fact:
            wanted[event.gateway, event.message_id].add(fact)

    with told.store.transaction(reads=True) as transaction:
        known = {key: transaction.events.of_message(*key) for key in wanted}

    assert wanted == {
        key: {(each.kind, each.word, each.occurred_at, each.error_code) for each in found}
        for key, found in known.items()
    }
    assert told.report.events == len(list(told.stored))


def test_the_store_has_the_state_of_every_message(told):
    wanted: dict[tuple[str, str], Delivery] = {}
    for event in told.stored:
        if isinstance(event, DeliveryEvent):
            key, delivery = (event.gateway, event.message_id), Delivery.from_event(event)
            wanted[key] = wanted[key].join(delivery) if key in wanted else delivery

    with told.store.transaction(reads=True) as transaction:
        found = {key: transaction.deliveries.find(*key) for key in wanted}

    assert found == wanted


def test_the_store_has_what_everybody_said_about_being_texted(told):
    events: dict[str, list[ConsentEvent]] = defaultdict(list)
    said: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    for event in told.stored:
        if isinstance(event, ConsentEvent):
            events[event.phone].append(event)
            said[event.phone].add((event.gateway, event.message_id, event.kind, event.at))

    with told.store.transaction(reads=True) as transaction:
        consents = transaction.consents.find(events)
        kept = {phone: transaction.consents.said_by(phone, 1000) for phone in said}

    assert consents == {phone: fold(phone, each) for phone, each in events.items()}
    assert said == {
        phone: {(each.gateway, each.message_id, each.kind, each.at) for _, each in found}
        for phone, found in kept.items()
    }
