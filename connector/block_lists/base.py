"""What a block list is: how numbers are put on it, taken off, found and listed."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.rest.errors import ApiError, RefusedError
from connector.rest.keys import Key, Values


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What became of some numbers: taken, or refused with a cause.

    Those in neither were not tried, because of `trouble`.
    """

    taken: frozenset[str] = frozenset()
    refused: Mapping[str, str] = dataclasses.field(default_factory=dict)
    trouble: ApiError | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A number on the list; `at` is since when, where the gateway tells."""

    phone: str
    at: datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of the list; `following` asks for the next one and is empty at the end."""

    entries: Sequence[Listed]
    following: str = ""


class BlockList:
    """
    The list of one account. Every method may be called again and changes nothing then.

    `batch` numbers go into one call of `add` and `remove`, `look_up` into one of `find`;
    `rate` is how many numbers a second the gateway takes.
    """

    batch: int = 1
    look_up: int = 1
    rate: float = 1.0

    def add(self, phones: Sequence[str]) -> Outcome:
        """Put these on the list; raises ApiError where none was tried."""
        raise NotImplementedError

    def remove(self, phones: Sequence[str]) -> Outcome:
        """Take these off the list; one that is not on it counts as taken off."""
        raise NotImplementedError

    def find(self, phones: Sequence[str]) -> frozenset[str]:
        """Those of these that are on the list; raises ApiError."""
        raise NotImplementedError

    def page(self, since: datetime | None, token: str) -> Page:
        """A page of those put on it since then; the first for an empty token."""
        raise NotImplementedError


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BlockListKind:
    """
    What one gateway offers. A module in this package exports exactly one, as BLOCK_LIST.

    `adds`, `removes` and `lists` say what its API can; `verifies` whether single numbers can
    be read back after `settles`, `dated` whether it tells since when a number is listed, and
    `since` whether it lists what came after a moment. The rest is for people: `covers` is
    what an entry stops, `limits` what it does not, `guesses` what no documentation says.
    """

    gateway: str
    title: str
    docs: str
    keys: Sequence[Key]
    open: Callable[[Values, Clock], BlockList]
    adds: bool = True
    removes: bool = True
    lists: bool = True
    verifies: bool = True
    dated: bool = True
    since: bool = False
    settles: timedelta = timedelta()
    covers: str
    limits: str
    guesses: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredList:
    """
    The list of one gateway account, ready to be used.

    `name` is what it is called everywhere: the gateway, and the account behind a slash.
    `scope` is the brand whose opt-outs it gets, empty for all of them.
    """

    name: str
    account: str
    scope: str
    kind: BlockListKind
    list: BlockList


#: What the list of any gateway may have.
SCOPE = Key(
    name="scope",
    needed=False,
    help="the brand whose messages this account sends; not set: every opt-out goes there",
)


def one_by_one(phones: Sequence[str], call: Callable[[str], None]) -> Outcome:
    """Call for each number in turn, until something is wrong that is not about a number."""
    taken: set[str] = set()
    refused: dict[str, str] = {}
    for phone in phones:
        try:
            call(phone)
        except RefusedError as error:
            if not error.about_content:
                return Outcome(taken=frozenset(taken), refused=refused, trouble=error)
            refused[phone] = str(error)
        except ApiError as error:
            return Outcome(taken=frozenset(taken), refused=refused, trouble=error)
        else:
            taken.add(phone)
    return Outcome(taken=frozenset(taken), refused=refused)


def together(phones: Sequence[str], call: Callable[[Sequence[str]], None]) -> Outcome:
    """
    Call once for all; one by one where the gateway does not like something in it.

    So one wrong number keeps no other from the list.
    """
    try:
        call(phones)
    except RefusedError as error:
        if not error.about_content:
            raise
        return one_by_one(phones, lambda phone: call([phone]))
    return Outcome(taken=frozenset(phones))
