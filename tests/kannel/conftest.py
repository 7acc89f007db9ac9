"""The running door, Kannel before it and an SMSC behind that; once for all tests."""

import contextlib
import dataclasses
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

from connector import gateways
from connector.clock import system_clock
from connector.domain.delivery import Delivery
from connector.pipeline.normalise import normalise
from connector.settings import Settings
from connector.store import Store
from connector.wiring.local import phone_reader
from tests.kannel.kannel import Kannel, running, wait_until
from tests.kannel.smsc import Fate, Smsc
from tests.support.serving import TOKEN, serving


RECORD = "003000000000001AAA"
CAMPAIGN = "701000000000001AAA"
KANNEL = "kannel"
SETUP = gateways.find(KANNEL).setup
#: Numbers that nobody has, and what becomes of messages to them.
FATES = {
    "447700900102": Fate(stat="REJECTD", err="011"),
    "447700900103": Fate(stat="EXPIRED", err="027"),
    "447700900104": Fate(stat="UNDELIV", err="001"),
    "447700900114": Fate(stat="EXPIRED", in_tlvs=True),
    "447700900105": Fate(refused=0x0B),  # bad destination: final
    "447700900106": Fate(refused=0x08),  # system error: tried again
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """From the sender to the handset and back to the store."""

    smsc: Smsc
    kannel: Kannel
    store: Store
    address: str

    def send(self, recipient: str, message_id: str, text: str = "Hello") -> None:
        """As a sender would: the address of `gateways url`, with its own values filled in."""
        address = self.address
        for name, value in (
            ("<token>", TOKEN),
            ("<your message id>", message_id),
            ("<record id>", RECORD),
            ("<campaign id>", CAMPAIGN),
        ):
            address = address.replace(name, quote(value, safe="").replace("%", "%%"))
        self.kannel.send(recipient, text, address)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Read what has come in, as a worker does, until this holds."""
        read_phone = phone_reader(Settings())

        def read_and_look() -> bool:
            normalise(self.store, gateways.installed(), read_phone, system_clock)
            return holds()

        assert wait_until(read_and_look), self.kannel.log()

    def settled(self, message_id: str) -> Delivery:
        """The state of a message, once it is final."""
        self.wait_until(lambda: self._is_final(message_id))
        found = self._find(message_id)
        assert found
        return found

    def words(self, message_id: str) -> set[str]:
        """The statuses that were ever told of it."""
        with self.store.transaction(reads=True) as transaction:
            return {each.word for each in transaction.events.of_message(KANNEL, message_id)}

    def _is_final(self, message_id: str) -> bool:
        found = self._find(message_id)
        return found is not None and found.status is not None and found.status.is_final

    def _find(self, message_id: str) -> Delivery | None:
        with self.store.transaction(reads=True) as transaction:
            return transaction.deliveries.find(KANNEL, message_id)


def replies_query() -> str:
    """What `gateways show` tells an operator to put into get-url."""
    (found,) = re.findall(r"(\?token=<token>\S+) and max-messages = 0", " ".join(SETUP))
    return str(found)


@pytest.fixture(scope="module")
def line(tmp_path_factory) -> Iterator[Line]:
    with contextlib.ExitStack() as stack:
        smsc = Smsc(FATES)
        stack.callback(smsc.close)
        web = stack.enter_context(serving(tmp_path_factory.mktemp("web")))
        door = f"http://127.0.0.1:{web.port}"
        replies = f"{door}/callbacks/kannel{replies_query()}".replace("<token>", TOKEN)
        kannel = stack.enter_context(
            running(
                tmp_path_factory.mktemp("kannel"),
                smsc_port=smsc.port,
                replies_url=replies,
            )
        )
        store = web.store()
        stack.callback(store.close)
        assert smsc.bound.wait(30), kannel.log()
        yield Line(
            smsc=smsc,
            kannel=kannel,
            store=store,
            address=gateways.find(KANNEL).callback_url(door),
        )
