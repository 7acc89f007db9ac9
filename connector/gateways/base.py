"""What a gateway is: how it is trusted, how it is read, and what an operator should know."""

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from connector.domain.callback import Callback
from connector.domain.consent import ConsentEvent
from connector.domain.delivery import DeliveryEvent
from connector.domain.engagement import EngagementEvent
from connector.domain.errors import CallbackUnreadableError


Event = DeliveryEvent | ConsentEvent | EngagementEvent

#: The live values of each secret by its key: one, or two while it is being rotated.
Secrets = Mapping[str, Sequence[str]]

#: Whether a request is authentic. Fails closed and never raises.
Verify = Callable[[Callback, Secrets], bool]

#: What a request says. Yields what can be read; raises CallbackUnreadableError for the rest.
Parse = Callable[[Callback], Iterable[Event]]

#: Our own query parameters, which ride along in every callback address.
OWN_PARAMETERS = ("ref", "campaign")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How a gateway wants to be thanked."""

    status: int = 204
    body: bytes = b""
    content_type: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    What a gateway asks in an authentic callback; opening `address` once says yes.

    `wanted` says that the settings answer it already, so that nobody has to be asked.
    """

    text: str
    address: str
    wanted: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """A public document that `verify` needs of the gateway; it counts as the secret `key`."""

    key: str
    address: str


def always(_callback: Callback) -> bool:
    return True


def no_question(_callback: Callback) -> Question | None:
    return None


def lacks_nothing(_callback: Callback, _secrets: Secrets) -> Lacking | None:
    return None


def no_fault(_key: str, _value: str) -> str:
    return ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """
    One SMS gateway. A module in this package exports exactly one, as GATEWAY.

    `secrets` are the keys that `verify` knows; a value of any of them is enough, unless `needs`
    names those that it cannot do without. `keeps` are the fields that `parse` reads from a form
    or query: the door keeps them beside the raw body, so that nobody decodes it twice. `hides`
    are the query parameters that hold a secret. `urgent` is false only for what is evidently
    nothing but delivery reports. `secret_fault` says what is wrong with a configured value, in
    a few words, or nothing. `batches` is true where one message id may stand for several
    messages, told apart by their recipients. `asks` reads the question of a callback that has
    one; show it only if the callback is authentic. `lacks` names a document that `verify`
    still needs, always on a host of the gateway's own. `proofs` are the error codes of
    reports that prove an opt-out: the gateway refuses to text who told it STOP.

    The rest is for people: `address` is what follows the callback path in the URL to paste,
    `reads` what the callbacks can tell, `cannot_tell` what they cannot.
    """

    name: str
    title: str
    docs: str
    secrets: tuple[str, ...]
    verify: Verify
    parse: Parse
    needs: tuple[str, ...] = ()
    reply: Reply = Reply()
    methods: tuple[str, ...] = ("POST",)
    keeps: tuple[str, ...] = OWN_PARAMETERS
    hides: tuple[str, ...] = ()
    urgent: Callable[[Callback], bool] = always
    secret_fault: Callable[[str, str], str] = no_fault
    asks: Callable[[Callback], Question | None] = no_question
    lacks: Callable[[Callback, Secrets], Lacking | None] = lacks_nothing
    batches: bool = False
    proofs: frozenset[str] = frozenset()

    reads: tuple[str, ...]
    signs: str
    address: str
    retries: str
    outage_costs: str
    cannot_tell: str
    setup: tuple[str, ...]

    def kept(self, callback: Callback) -> dict[str, str] | None:
        """
        The parts of an authentic callback that are worth keeping beside the raw body.

        None where the fields cannot be read: then `parse` meets the raw request and says why.
        """
        try:
            fields = callback.fields
        except CallbackUnreadableError:
            return None
        return {name: fields[name] for name in self.keeps if name in fields}

    def is_urgent(self, callback: Callback) -> bool:
        """Whether it may hold an opt-out: what does must wait behind no mere report."""
        return self.urgent(callback) or (bool(self.proofs) and self._may_prove(callback))

    def _may_prove(self, callback: Callback) -> bool:
        """Whether a code that proves an opt-out stands in it, as a word of its own."""
        codes = [code.encode() for code in self.proofs]
        text = callback.target.encode("latin-1", "replace") + b" " + callback.body
        return any(code in text and _stands_alone(code, text) for code in codes)

    def own_id(self, message_id: str, recipient: str) -> str:
        """The id that no other message has: with the recipient, where a batch shares one."""
        return f"{message_id}/{recipient}" if self.batches and recipient else message_id

    def callback_url(self, public_url: str, account: str = "") -> str:
        """The address for the gateway; what is in <angle brackets> is yours to fill in."""
        place = f"{self.name}/{account}" if account else self.name
        return f"{public_url.rstrip('/')}/callbacks/{place}{self.address}"


def _stands_alone(code: bytes, text: bytes) -> bool:
    return re.search(rb"(?<![\w.:+-])" + re.escape(code) + rb"(?![\w.:-])", text) is not None


def reading(parse: Parse) -> Parse:
    """Turn a wrong text, number, time or encoding into CallbackUnreadableError."""

    def read(callback: Callback) -> Iterator[Event]:
        try:
            yield from parse(callback)
        except (ValueError, OverflowError) as error:
            raise CallbackUnreadableError(f"{callback.gateway}: {error}") from error

    return read


def each(
    items: Iterable[object], read: Callable[[Mapping[str, object]], Iterable[Event]]
) -> Iterator[Event]:
    """Read every item of a list; one that cannot be read is reported after all the others."""
    fault: Exception | None = None
    for item in items:
        try:
            yield from read(_fields(item))
        except (ValueError, OverflowError) as error:
            fault = fault or error
    if fault:
        raise fault


def _fields(item: object) -> Mapping[str, object]:
    if not isinstance(item, dict):
        raise ValueError("an item of the list is no object")  # noqa: TRY004 (one kind for all)
    return item
