"""`connector callbacks reconcile`: what no callback has told."""

import json

import pytest

from connector.clock import system_clock
from connector.domain.delivery import Delivery, DeliveryEvent, DeliveryStatus
from connector.domain.errors import ConfigurationError
from tests.message_apis.servers import ALEX, Telnyx, Twilio
from tests.rest.server import serving


@pytest.fixture
def twilio():
    return Twilio()


@pytest.fixture
def ask(operate, twilio):
    with serving(twilio) as address:

        def run(*arguments, **more):
            found = {
                "MESSAGE_API_TWILIO_ADDRESS": address,
                "MESSAGE_API_TWILIO_ACCOUNT_SID": "AC1",
                "MESSAGE_API_TWILIO_AUTH_TOKEN": "token",
                **more,
            }
            return operate("callbacks", "reconcile", *arguments, **found)

        yield run


def told(store, message_id, gateway="twilio"):
    event = DeliveryEvent(
        gateway=gateway,
        message_id=message_id,
        status=DeliveryStatus.PENDING,
        received_at=system_clock(),
        recipient=ALEX,
    )
    with store.transaction() as transaction:
        transaction.events.put([(1, event)])
        transaction.deliveries.fold([Delivery.from_event(event)])


def test_finds_what_was_lost(store, ask):
    told(store, "SM1")

    answer = ask("--since", "2026-11-20", "--json")

    found = json.loads(answer.stdout)
    (account,) = found["accounts"]
    assert answer.exit_code == 1
    assert (account["name"], account["listed"]) == ("twilio", 2)
    assert (account["ends"], account["found"], account["trouble"]) == (1, 1, "")
    with store.transaction(reads=True) as transaction:
        delivery = transaction.deliveries.find("twilio", "SM1")
    assert delivery.status is DeliveryStatus.DELIVERED
    assert "token" not in answer.output


def test_says_so_where_nothing_is_lost_any_more(ask):
    ask("--since", "2026-11-20")

    answer = ask("--since", "2026-11-20")

    assert answer.exit_code == 0
    assert "lost on the way" in answer.stdout


def test_fits_on_a_terminal(store, ask):
    told(store, "SM1")

    lines = ask("--since", "2026-11-20").stdout.splitlines()

    assert max(map(len, lines)) <= 80
    assert lines[0].split()[0] == "gateway"


def test_a_dry_run_keeps_nothing(store, ask):
    answer = ask("--since", "2026-11-20", "--dry-run")

    assert answer.exit_code == 1
    assert "nothing of this was kept" in answer.stdout
    with store.transaction(reads=True) as transaction:
        assert transaction.deliveries.find("twilio", "SM1") is None


def test_a_gateway_that_refuses_is_told_and_holds_up_no_other(store, ask):
    told(store, "40385f64-1", gateway="telnyx")
    with serving(Telnyx()) as address:
        answer = ask(
            "--since",
            "2026-11-20",
            MESSAGE_API_TELNYX_ADDRESS=address,
            MESSAGE_API_TELNYX_API_KEY="key",
            MESSAGE_API_TWILIO_AUTH_TOKEN="wrong",
        )

    assert answer.exit_code == 1
    assert "twilio: answered 401: 20003" in answer.stdout
    assert "telnyx" in answer.stdout


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["--since", "yesterday"], "write a time with its zone"),
        (["--since", "2999-01-01"], "is yet to come"),
        (["--since", "1d", "--gateway", "twillio"], "did you mean"),
        (["--since", "1d", "--gateway", "kannel"], "kannel cannot be asked; these can: "),
        (
            ["--since", "1d", "--gateway", "plivo"],
            "Plivo: set CONNECTOR_MESSAGE_API_PLIVO_AUTH_ID, CONNECTOR_MESSAGE_API_PLIVO_AUT",
        ),
    ],
)
def test_mistakes_are_told(ask, arguments, says):
    answer = ask(*arguments)

    assert isinstance(answer.exception, ConfigurationError)
    assert says in str(answer.exception)


def test_a_moment_has_to_be_named(ask):
    assert ask().exit_code == 2


def test_without_credentials_it_says_what_to_set(operate):
    answer = operate("callbacks", "reconcile", "--since", "1d")

    assert isinstance(answer.exception, ConfigurationError)
    said = str(answer.exception)
    assert "no gateway can be asked yet" in said
    assert "CONNECTOR_MESSAGE_API_TWILIO_AUTH_TOKEN" in said
    assert said.count(": set CONNECTOR_MESSAGE_API_") == 8


def test_explain_tells_an_answer_from_a_callback(store, ask, operate):
    told(store, "SM1")
    ask("--since", "2026-11-20")

    known = operate("explain", "SM1").stdout
    unheard = operate("explain", "SM2").stdout

    assert "asked for decides" in known
    assert "(first seen)" in known
    assert "2026-11-20 10:00:00 (as the gateway says)" in unheard
