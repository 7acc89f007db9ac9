"""`connector consent lists`: how far the gateways' block lists are."""

import json
from datetime import timedelta

import pytest

from connector.clock import system_clock
from connector.domain.errors import ConfigurationError
from connector.pipeline.block_lists import TRIES, BlockPusher
from connector.pipeline.consent import stop
from connector.rest.errors import BusyError
from tests.pipeline.block_lists import MemoryList, configured, evidence


ALEX, KIM = "+447700900456", "+447700900457"
WEBHOOK = {
    "BLOCK_LIST_GENERIC_ADDRESS": "https://sender.example.org/opt-outs",
    "BLOCK_LIST_GENERIC_SIGNING_KEY": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}


@pytest.fixture
def there(clock):
    return MemoryList(clock)


@pytest.fixture
def pusher(store, clock, there):
    pusher = BlockPusher(store, [configured(there, name="generic")], clock, holder="one")
    pusher.prepare()
    return pusher


@pytest.fixture
def ask(operate):
    def run(*arguments):
        return operate("consent", "lists", *arguments, **WEBHOOK)

    return run


def test_says_where_to_begin(operate):
    answer = operate("consent", "lists")

    assert answer.exit_code == 0
    assert "see docs/block-lists.md" in answer.stdout


def test_counts_what_waits_and_what_is_done(store, clock, ask, pusher):
    stop(store, [ALEX, KIM], evidence(clock), clock)
    waiting = json.loads(ask("--json").stdout)[0]
    pusher.push()

    answer = ask("--json")

    (fact,) = json.loads(answer.stdout)
    assert (waiting["waiting"], waiting["done"]) == (2, 0)
    assert (fact["list"], fact["waiting"], fact["done"]) == ("generic", 0, 2)
    assert fact["can"] == ["add", "remove"]
    assert answer.exit_code == 0


def test_a_list_in_trouble_says_so_and_ends_with_1(store, clock, ask, pusher, there):
    there.faults.append(BusyError("answered 429", wait=timedelta(hours=1)))
    stop(store, [ALEX], evidence(clock), clock)
    pusher.push()

    answer = ask()

    assert answer.exit_code == 1
    assert "generic: answered 429" in answer.stdout


def test_refused_numbers_are_shown_and_tried_again(store, clock, ask, pusher, there):
    there.refuses[ALEX] = "answered 400"
    stop(store, [ALEX], evidence(clock), clock)
    for _ in range(TRIES):
        pusher.push()
        clock.advance(hours=1)
    refused = ask("--refused")
    there.refuses.clear()

    again = ask("--retry", "generic")
    clock.advance(seconds=(system_clock() - clock()).total_seconds() + 60)
    pusher.push()

    assert refused.exit_code == 1
    assert ALEX in refused.stdout
    assert "1 will be sent to generic again" in again.stdout
    assert ALEX in there.entries


def test_a_list_that_is_not_there_cannot_be_tried_again(ask):
    answer = ask("--retry", "twilio")

    assert isinstance(answer.exception, ConfigurationError)
    assert "there is generic" in str(answer.exception)


def test_the_check_of_the_settings_names_what_is_missing(operate):
    answer = operate("config", "check", BLOCK_LIST_GENERIC_ADDRESS="https://a.example")

    assert "set CONNECTOR_BLOCK_LIST_GENERIC_SIGNING_KEY" in answer.stdout
