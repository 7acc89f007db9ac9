"""What a gateway asks for in a callback is done once, by the worker."""

import dataclasses
from collections import Counter
from datetime import timedelta

import pytest

from connector import gateways
from connector.domain.callback import Arrival
from connector.fetch import FetchError
from connector.pipeline.errands import GIVEN_UP_AFTER, ErrandReport, ErrandRunner
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.store.errands import ErrandState
from tests.gateways.cases import FOLDER, read


@dataclasses.dataclass
class Outside:
    """Counts what is opened; answers while it is `up`."""

    up: bool = True
    opened: Counter[str] = dataclasses.field(default_factory=Counter)

    def __call__(self, address: str) -> bytes:
        if not self.up:
            raise FetchError("no answer: ConnectionError")
        self.opened[address] += 1
        return b"<ConfirmSubscriptionResponse/>"


@pytest.fixture
def outside():
    return Outside()


@pytest.fixture
def runner(store, clock, outside):
    return ErrandRunner(store, gateways.installed(), outside, clock, holder="one")


@pytest.fixture
def come(store, clock):
    """Keeps callbacks of these names and reads them; returns the number of the last."""

    def come(*names):
        for name in names:
            callback = read(FOLDER / f"aws/{name}.yaml").callback
            store.inbox.keep([Arrival(callback=callback, urgent=True)])
        normalise(store, gateways.installed(), PhoneReader(), clock)
        return store.inbox.last_id()

    return come


def errand(store, number):
    with store.transaction(reads=True) as transaction:
        return transaction.errands.of(number)


def test_a_subscription_is_confirmed_once(store, come, runner, outside):
    number = come("subscription")

    reports = [runner.run() for _ in range(3)]

    assert reports == [ErrandReport(done=1), ErrandReport(), ErrandReport()]
    assert [each.partition("&")[0] for each in outside.opened.elements()] == [
        "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription"
    ]
    assert errand(store, number).state is ErrandState.DONE


def test_nothing_else_is_opened(store, come, runner, outside):
    number = come("delivered", "inbound-stop", "unsubscription")

    assert runner.run() == ErrandReport()
    assert not outside.opened
    assert errand(store, number) is None


def test_waits_while_the_other_side_is_away(store, come, runner, outside, clock):
    number = come("subscription")
    outside.up = False

    assert runner.run() == ErrandReport(postponed=1)
    assert runner.run() == ErrandReport()  # not at once again
    assert errand(store, number).cause == "no answer: ConnectionError"

    outside.up = True
    clock.advance(minutes=1)
    assert runner.run() == ErrandReport(done=1)


def test_gives_up_when_its_token_has_ended(store, come, runner, outside, clock):
    number = come("subscription")
    outside.up = False

    clock.advance(days=GIVEN_UP_AFTER.days)

    assert runner.run() == ErrandReport(given_up=1)
    assert errand(store, number).state is ErrandState.GIVEN_UP


def test_reading_it_again_does_not_open_it_again(store, come, runner, outside, clock):
    number = come("subscription")
    runner.run()

    with store.transaction() as transaction:
        transaction.unread.read_again([(number, True)])
    normalise(store, gateways.installed(), PhoneReader(), clock)

    assert runner.run() == ErrandReport()
    assert outside.opened.total() == 1


def test_another_worker_leaves_it_alone(store, come, outside, clock):
    come("subscription")
    with store.transaction() as transaction:
        transaction.leases.take("errands", "two", clock(), timedelta(minutes=1))
    runner = ErrandRunner(store, gateways.installed(), outside, clock, holder="one")

    assert runner.run() == ErrandReport()
    assert not outside.opened
