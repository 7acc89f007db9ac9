"""An SMSC for one client at a time, on loopback: takes messages, sends receipts and replies."""

import contextlib
import dataclasses
import itertools
import queue
import socket
import threading
from collections.abc import Iterator, Mapping

from tests.kannel import pdus
from tests.kannel.pdus import Message, Pdu


#: Error codes of a receipt are what an SMSC says they are; these are the usual GSM ones.
NO_ERROR = "000"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """
    What becomes of a message: refused at submission, or taken and settled by a receipt.

    A receipt is a text, or says the same in TLVs.
    """

    stat: str = "DELIVRD"
    err: str = NO_ERROR
    in_tlvs: bool = False
    refused: int = 0


class Smsc:
    """
    Listens from the moment it is made. `fates` are by destination; other messages arrive.

    `submitted` holds the messages that came, in their order.
    """

    def __init__(self, fates: Mapping[str, Fate]) -> None:
        self.submitted: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.bound = threading.Event()
        self._fates = fates
        self._numbers = itertools.count(1)
        self._sending = threading.Lock()
        self._client: socket.socket | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, name="smsc")
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def deliver(self, handset: str, sender: str, text: str, *, data_coding: int = 0) -> None:
        """What a person writes to us."""
        octets = text.encode("utf-16-be" if data_coding == pdus.UCS2 else "ascii")
        self._deliver(
            Message(source=handset, destination=sender, text=octets, data_coding=data_coding)
        )

    def close(self) -> None:
        for each in (self._listener, self._client):
            if each:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            with client, contextlib.suppress(ConnectionError):
                self._client = client
                for pdu in _received(client):
                    self._answer(pdu)
            self._client = None
            self.bound.clear()

    def _answer(self, pdu: Pdu) -> None:
        match pdu.command:
            case pdus.BIND_TRANSCEIVER | pdus.BIND_RECEIVER | pdus.BIND_TRANSMITTER:
                self._send(pdu.answer(body=b"simulator\0"))
                self.bound.set()
            case pdus.SUBMIT_SM:
                self._take(pdu)
            case pdus.ENQUIRE_LINK | pdus.UNBIND:
                self._send(pdu.answer())
            case command if not command & pdus.RESPONSE:
                nack = Pdu(
                    command=pdus.GENERIC_NACK,
                    sequence=pdu.sequence,
                    status=pdus.INVALID_COMMAND,
                )
                self._send(nack)
            case _:
                pass  # an answer to what we delivered

    def _take(self, pdu: Pdu) -> None:
        message = Message.from_bytes(pdu.body)
        fate = self._fates.get(message.destination, Fate())
        if fate.refused:
            self._send(pdu.answer(status=fate.refused))
        else:
            number = f"{next(self._numbers):010}"
            self._send(pdu.answer(body=number.encode() + b"\0"))
            if message.registered:
                self._deliver(_receipt(number, message, fate))
        self.submitted.put(message)

    def _deliver(self, message: Message) -> None:
        number = next(self._numbers)
        self._send(Pdu(command=pdus.DELIVER_SM, sequence=number, body=message.to_bytes()))

    def _send(self, pdu: Pdu) -> None:
        if self._client is None:
            raise ConnectionError("nobody is bound")
        with self._sending:
            self._client.sendall(pdu.to_bytes())


def _receipt(number: str, message: Message, fate: Fate) -> Message:
    """As in SMPP 3.4, Appendix B or section 5.2.28: from the handset to the sender."""
    return Message(
        source=message.destination,
        destination=message.source,
        text=b"" if fate.in_tlvs else _text(number, fate) + message.text[:20],
        esm_class=pdus.RECEIPT,
        tlvs={
            pdus.RECEIPTED_MESSAGE_ID: number.encode() + b"\0",
            pdus.MESSAGE_STATE: bytes((pdus.STATES[fate.stat],)),
        }
        if fate.in_tlvs
        else {},
    )


def _text(number: str, fate: Fate) -> bytes:
    delivered = int(fate.stat == "DELIVRD")
    return (
        f"id:{number} sub:001 dlvrd:{delivered:03} submit date:2611231200 "
        f"done date:2611231201 stat:{fate.stat} err:{fate.err} text:"
    ).encode()


def _received(client: socket.socket) -> Iterator[Pdu]:
    with client.makefile("rb") as stream:
        while len(header := stream.read(pdus.HEADER_BYTES)) == pdus.HEADER_BYTES:
            yield Pdu.from_bytes(header, stream.read(Pdu.rest(header)))
