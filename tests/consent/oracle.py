"""
Who may be texted, by the rules and a log of commits alone.

Written from the rules of consent, not from the code that keeps them: it shares neither the fold
nor the constants with it. Times are microseconds.
"""

import dataclasses
from collections.abc import Iterable, Mapping


SECOND = 1_000_000
#: Clocks may differ by so much; where only our receipt tells the time, by a minute.
SKEW, RECEIPT_SKEW = 5 * SECOND, 60 * SECOND
WITNESSED = frozenset({"API", "Import", "Operator"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One thing said of a number."""

    kind: str
    at: int
    timed: bool
    received: int = 0
    source: str = ""
    place: tuple[str, str] = ("", "")
    id: str = ""
    about: str = ""
    message_id: str = ""
    scope: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        return (self.kind, self.at, self.timed, self.place, self.message_id, self.scope)

    @property
    def holds(self) -> bool:
        return self.kind in {"stop", "review"}

    def ends(self, hold: "Said") -> bool:
        """Whether this START is later than that hold, beyond doubt, and may say so."""
        if self.kind != "start":
            return False
        if self.source in WITNESSED:
            # Nobody has evidence of what comes after it.
            at = self.at if hold.received <= self.received else min(self.at, self.received)
            return at - hold.at > SKEW
        if self.place != hold.place or hold.scope not in {"", self.scope}:
            return False
        return self.at - hold.at > (SKEW if self.timed and hold.timed else RECEIPT_SKEW)


def scopes(said: Iterable[Said]) -> frozenset[str]:
    """The brands that anything was said to, and everybody."""
    return frozenset({"", *(each.scope for each in said)})


def refused(said: Iterable[Said]) -> bool:
    """Whether anything said stands against texting by whomever."""
    said = list(said)
    return any(opted_out(said, scope) for scope in scopes(said))


def opted_out(said: Iterable[Said], scope: str = "") -> bool:
    """Whether anything said to everybody or to this brand stands against its texting."""
    said = [each for each in said if each.scope in {"", scope}]
    decided = {each.about for each in said if each.kind == "settled"}
    starts = [each for each in said if each.kind == "start" and each.id not in decided]
    for hold in said:
        if not hold.holds or (hold.kind == "review" and hold.id in decided):
            continue
        if not any(start.ends(hold) for start in starts):
            return True
    return False


class Violation(AssertionError):  # noqa: N818 (that is what it is)
    """An invariant does not hold; `rule` is its number."""

    def __init__(self, rule: str, what: str) -> None:
        super().__init__(f"{rule}: {what}")
        self.rule = rule


Ledger = Mapping[str, Mapping[str, Said]]


class Oracle:
    """
    The log: what gateways were told we have (`acknowledged`), and what the ledger took.

    `commits` counts the commits; `out_since` says of each number with which of them it was
    opted out.
    """

    def __init__(self) -> None:
        self.commits = 0
        self.checks = 0
        self.ledger: dict[str, dict[str, Said]] = {}
        self.out_since: dict[str, int] = {}
        #: What somebody ticked in Salesforce, or put on a gateway's list.
        self.ticked = False
        self.listed: set[str] = set()
        self._told: dict[str, dict[tuple[object, ...], Said]] = {}
        self._intended: dict[str, list[tuple[Said, int]]] = {}

    def acknowledged(self, phone: str, said: Said) -> None:
        """A gateway's word is durable: its 2xx may go out."""
        self._told.setdefault(phone, {})[said.key] = said

    def intends(self, phone: str, said: Said, version: int) -> None:
        """One of us is about to say this, having seen that version."""
        self._intended.setdefault(phone, []).append((said, version))

    def begin_with(self, ledger: Ledger) -> None:
        self.ledger = {phone: dict(said) for phone, said in ledger.items()}
        self.out_since = {phone: 0 for phone, said in ledger.items() if refused(said.values())}

    def commit(self, ledger: Ledger) -> None:
        """A transaction was committed; this is what the ledger has now."""
        self.commits += 1
        for phone, before in self.ledger.items():
            now = ledger.get(phone, {})
            for lost in before.keys() - now.keys():
                raise Violation("C-1", f"the ledger lost a {before[lost].kind}")
        for phone, now in ledger.items():
            before = self.ledger.get(phone, {})
            if now == before:
                continue
            for new in now.keys() - before.keys():
                self._justify(phone, now[new], before)
            self.ledger[phone] = dict(now)
            self._judge(phone)

    def _judge(self, phone: str) -> None:
        if not refused(self.ledger[phone].values()):
            self.out_since.pop(phone, None)
        else:
            self.out_since.setdefault(phone, self.commits)

    def _justify(self, phone: str, new: Said, before: Mapping[str, Said]) -> None:
        """Nothing gets into the ledger that nobody said, or that may not be said so."""
        self.checks += 1
        if new.source == "Salesforce":
            if new.kind not in {"stop", "request"}:
                raise Violation("C-4", f"a sync from Salesforce brought a {new.kind}")
            if new.kind == "stop" and not self.ticked:
                raise Violation("C-4", "a tick in Salesforce that nobody made")
        elif new.source in WITNESSED:
            self._witnessed(phone, new, before)
        elif new.source == "Provider":
            if new.kind != "stop" or phone not in self.listed:
                raise Violation("C-1", f"a {new.kind} that no list told")
        elif new.key not in self._told.get(phone, {}):
            raise Violation("C-1", f"a {new.kind} that no gateway told")

    def _witnessed(self, phone: str, new: Said, before: Mapping[str, Said]) -> None:
        versions = [
            version
            for said, version in self._intended.get(phone, ())
            if (said.kind, said.at) == (new.kind, new.at)
        ]
        if not versions:
            raise Violation("C-5", f"a {new.kind} that nobody intended")
        if new.kind == "stop":
            return
        if len(before) not in versions:
            raise Violation("C-5", f"a {new.kind} at version {len(before)}, seen {versions}")
        if new.kind == "start" and any(
            each.holds and each.scope in {"", new.scope} and new.at - each.at <= SKEW
            for each in before.values()
        ):
            raise Violation("C-5", "an opt-in with evidence no later than a STOP")
        about = before.get(new.about)
        if new.kind == "settled" and (about is None or about.kind == "stop"):
            raise Violation("C-5", "a decision about a STOP, or about nothing")

    def forbids(self, phone: str, scope: str = "") -> bool:
        """
        Whether a sender must hear no: by the ledger, and by what gateways heard 2xx for.

        Who asks for no brand must hear it where any was refused. A START counts once it is in
        the ledger, a STOP from its 2xx on.
        """
        self.checks += 1
        known = self.ledger.get(phone, {})
        have = {each.key for each in known.values()}
        unread = [
            each
            for key, each in self._told.get(phone, {}).items()
            if key not in have and each.holds
        ]
        said = [*known.values(), *unread]
        return opted_out(said, scope) if scope else refused(said)

    def all_told(self) -> None:
        """At the end: whatever was acknowledged is in the ledger."""
        for phone, told in self._told.items():
            self.checks += 1
            have = {each.key for each in self.ledger.get(phone, {}).values()}
            if told.keys() - have:
                raise Violation("C-2", "what was acknowledged never reached the ledger")
