"""The few PDUs of SMPP 3.4 that an SMSC exchanges with its client; sections 3.2 and 4."""

import dataclasses
import struct
from collections.abc import Mapping
from typing import Self


(
    GENERIC_NACK,
    BIND_RECEIVER,
    BIND_TRANSMITTER,
    SUBMIT_SM,
    DELIVER_SM,
    UNBIND,
    BIND_TRANSCEIVER,
    ENQUIRE_LINK,
) = (0x80000000, 1, 2, 4, 5, 6, 9, 0x15)
RESPONSE = 0x80000000

INVALID_COMMAND = 0x03
#: esm_class of a deliver_sm that is an SMSC delivery receipt.
RECEIPT = 0x04
#: data_coding of UTF-16, as handsets write what the GSM alphabet lacks.
UCS2 = 0x08

#: Tags of optional parameters: section 5.3.2.
RECEIPTED_MESSAGE_ID, MESSAGE_STATE = 0x001E, 0x0427
#: Values of message_state: section 5.2.28.
STATES = {"DELIVRD": 2, "EXPIRED": 3, "DELETED": 4, "UNDELIV": 5, "ACCEPTD": 6, "REJECTD": 8}

_HEADER = struct.Struct(">IIII")
_TLV = struct.Struct(">HH")
HEADER_BYTES = _HEADER.size
INTERNATIONAL, ISDN = 1, 1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pdu:
    """One protocol data unit, its length left to the wire."""

    command: int
    sequence: int
    status: int = 0
    body: bytes = b""

    def to_bytes(self) -> bytes:
        length = HEADER_BYTES + len(self.body)
        return _HEADER.pack(length, self.command, self.status, self.sequence) + self.body

    @staticmethod
    def rest(header: bytes) -> int:
        """How many bytes follow the header."""
        return int(_HEADER.unpack(header)[0]) - HEADER_BYTES

    @classmethod
    def from_bytes(cls, header: bytes, body: bytes) -> Self:
        _, command, status, sequence = _HEADER.unpack(header)
        return cls(command=command, status=status, sequence=sequence, body=body)

    def answer(self, status: int = 0, body: bytes = b"") -> "Pdu":
        return Pdu(
            command=self.command | RESPONSE, sequence=self.sequence, status=status, body=body
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What submit_sm and deliver_sm carry, as far as it matters here."""

    source: str
    destination: str
    text: bytes
    esm_class: int = 0
    registered: int = 0
    data_coding: int = 0
    tlvs: Mapping[int, bytes] = dataclasses.field(default_factory=dict)

    def to_bytes(self) -> bytes:
        return b"".join(
            (
                b"\0",  # service_type
                bytes((INTERNATIONAL, ISDN)) + self.source.encode() + b"\0",
                bytes((INTERNATIONAL, ISDN)) + self.destination.encode() + b"\0",
                bytes((self.esm_class, 0, 0)),  # protocol_id, priority_flag
                b"\0\0",  # schedule_delivery_time, validity_period
                bytes((self.registered, 0, self.data_coding, 0, len(self.text))),
                self.text,
                *(_TLV.pack(tag, len(value)) + value for tag, value in self.tlvs.items()),
            )
        )

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        _, rest = _text(body)
        source, rest = _text(rest[2:])
        destination, rest = _text(rest[2:])
        esm_class, rest = rest[0], rest[3:]
        _, rest = _text(rest)
        _, rest = _text(rest)
        registered, _, data_coding, _, length = rest[:5]
        return cls(
            source=source,
            destination=destination,
            text=rest[5 : 5 + length],
            esm_class=esm_class,
            registered=registered,
            data_coding=data_coding,
        )


def _text(octets: bytes) -> tuple[str, bytes]:
    """A C-octet string, and what follows it."""
    text, _, rest = octets.partition(b"\0")
    return text.decode("ascii"), rest
