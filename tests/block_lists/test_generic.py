"""A sender of one's own: what it gets is what the gateway of the same name reads."""

import pytest

from connector.domain.callback import Callback
from connector.domain.consent import ConsentEvent, ConsentKind
from connector.domain.errors import ConfigurationError
from connector.gateways.generic import GATEWAY
from connector.gateways.verify import trust
from connector.rest.errors import BusyError, RefusedError
from tests.rest.server import Api, Fault, demand


ALEX, KIM = "+447700900456", "+447700900457"
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Sender(Api):
    """A sender that believes only what is signed, and knows each message by its id."""

    def __init__(self, clock):
        super().__init__()
        self.clock = clock
        self.blocked = set()
        self.ids = set()

    def answer(self, asked):
        callback = Callback(
            gateway="generic",
            method=asked.method,
            target=asked.target,
            headers=asked.headers,
            body=asked.body,
            received_at=self.clock(),
        )
        demand(asked.target == "/hooks/opt-outs?from=us", 404)
        demand(trust(GATEWAY, callback, {"signing_key": [KEY]}), 401)
        demand(asked.headers["webhook-id"] not in self.ids, 409)
        self.ids.add(asked.headers["webhook-id"])
        for event in GATEWAY.parse(callback):
            assert isinstance(event, ConsentEvent)
            stopped = event.kind is ConsentKind.STOP
            (self.blocked.add if stopped else self.blocked.discard)(event.phone)
        return 204, None


@pytest.fixture
def api(clock):
    return Sender(clock)


@pytest.fixture
def found(api, opened):
    return opened("generic", api, "/hooks/opt-outs?from=us", signing_key=KEY)


def test_tells_of_opt_outs_and_opt_ins(api, found):
    assert found.add([ALEX, KIM]).taken == {ALEX, KIM}
    assert found.remove([KIM]).taken == {KIM}

    assert api.blocked == {ALEX}


def test_a_full_batch_is_read(api, found):
    phones = [f"+44770090{number:04}" for number in range(found.batch)]

    found.add(phones)

    assert api.blocked == set(phones)


def test_a_number_that_is_blocked_again_is_news(api, found):
    found.add([ALEX])
    found.remove([ALEX])
    found.add([ALEX])

    assert api.blocked == {ALEX}
    assert len(api.ids) == 3


def test_another_key_is_refused(api, opened):
    other = "whsec_" + "A" * 32
    found = opened("generic", api, "/hooks/opt-outs?from=us", signing_key=other)

    with pytest.raises(RefusedError, match="answered 401"):
        found.add([ALEX])


def test_nothing_is_followed_elsewhere(api, found):
    api.faults.append(Fault(307, Location="http://127.0.0.1:1/"))

    with pytest.raises(RefusedError, match="another one"):
        found.add([ALEX])


def test_a_sender_that_is_away_is_waited_for(api, found):
    api.faults.append(Fault(502))

    with pytest.raises(BusyError):
        found.add([ALEX])


@pytest.mark.parametrize("key", ["whsec_AAAA", "no base64!"])
def test_a_weak_key_is_refused(api, opened, key):
    with pytest.raises(ConfigurationError, match="SIGNING_KEY"):
        opened("generic", api, signing_key=key)
