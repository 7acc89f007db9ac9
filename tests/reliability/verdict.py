"""What must be there in the end, whoever was killed on the way."""

from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl

import sqlalchemy as sa

from connector.clock import system_clock
from connector.domain.delivery import DeliveryStatus
from connector.emulator import EmulatedOrg
from connector.store import Store
from connector.store.engine import store_errors
from connector.store.holders import own_name
from connector.store.sql import Row
from tests.end_to_end.client import Journal
from tests.end_to_end.expectation import Expectation, deviations, missing
from tests.end_to_end.flood import kept_tokens
from tests.end_to_end.org import OrgProcess
from tests.end_to_end.plan import INTERIM, REFUSED, Person
from tests.end_to_end.sends import Send
from tests.reliability.gateways import Gateways


#: Status words of Twilio and the status that each comes to; a code may make it another.
_WORDS = {
    **dict.fromkeys(INTERIM, "Pending"),
    "undelivered": "Undelivered",
    "failed": "Failed",
    "canceled": "Failed",
    "delivered": "Delivered",
}
_EXPIRED = "30036"
STAT = "SMS_Campaign_Stat__c"
OPEN_SLOTS = "SELECT job FROM job_slots WHERE finished_at = 0"


def rows(store: Store, question: str) -> Sequence[Row]:
    """The answer of the half of the store that is no inbox."""
    with store_errors(), store._state.connect() as connection:  # noqa: SLF001 (nobody else asks)
        return connection.execute(sa.text(question)).all()


class Verdict:
    """Looks at the store and at the org once all is done and every process has ended."""

    def __init__(
        self, gateways: Gateways, store: Store, org: OrgProcess, once_to: Sequence[Person]
    ) -> None:
        self._plan = gateways.plan
        self._gateways = gateways
        self._store = store
        self._org = org
        self._once_to = {each.id for each in once_to}
        self.counts: Counter[str] = Counter()

    def faults(self) -> Iterator[str]:
        yield from self._lost()
        yield from self._events()
        yield from self._messages()
        yield from self._consent()
        yield from self._figures()
        yield from self._leases()
        yield from self._contacts(self._gateways.journal)

    def _lost(self) -> Iterator[str]:
        kept = list(kept_tokens(self._store))
        told = [each for each in (*self._plan.sends, self._plan.last) if each.is_callback]
        lost = missing(told, frozenset(kept))
        with self._store.transaction(reads=True) as transaction:
            found = {
                each: transaction.deliveries.find("kannel", each)
                for each in self._gateways.heard
            }
        lost += [
            name
            for name, delivery in found.items()
            if delivery is None or delivery.status is not DeliveryStatus.DELIVERED
        ]
        self.counts["callbacks acknowledged"] = len(told) + len(found)
        self.counts["acknowledged by a gateway that never repeats"] = len(found)
        self.counts["that gateway's callbacks without a 2xx"] = len(self._gateways.unheard)
        self.counts["stored more than once for want of an answer"] = len(kept) - len({*kept})
        self.counts["acknowledged and lost"] = len(lost)
        yield from (f"acknowledged and lost: {each}" for each in lost)

    def _events(self) -> Iterator[str]:
        """Each thing that was said is in the ledger once, and nothing else is."""
        question = (
            "SELECT message_id, word, error_code FROM events"
            " WHERE gateway = 'twilio' AND kind = 'delivery'"
        )
        found = Counter(tuple(row) for row in rows(self._store, question))
        wanted = {each for send in (*self._plan.sends, self._plan.last) for each in _said(send)}
        self.counts["distinct reports in the ledger"] = len(found)
        yield from (f"never kept: {each}" for each in sorted(wanted - found.keys()))
        yield from (f"kept, but never said: {each}" for each in sorted(found.keys() - wanted))
        yield from (f"kept twice: {each}" for each, count in found.items() if count > 1)

    def _messages(self) -> Iterator[str]:
        question = (
            "SELECT message_id, status, error_code FROM deliveries WHERE gateway = 'twilio'"
        )
        found = {
            row.message_id: (row.status, row.error_code) for row in rows(self._store, question)
        }
        self.counts["messages"] = len(found)
        for each in self._plan.messages:
            wanted = (each.ending.status, each.ending.code or "")
            if found.get(each.id) != wanted:
                yield f"message {each.id} is {found.get(each.id)}, should be {wanted}"

    def _consent(self) -> Iterator[str]:
        """Every word of consent is in the ledger once; who said STOP last is opted out."""
        texts = {each.about: each for each in self._plan.texts if each.keyword}
        wanted = {each.id for each in self._plan.messages if each.ending.code == REFUSED}
        wanted |= {
            _form(send)["MessageSid"]
            for send in self._plan.sends
            if not texts.keys().isdisjoint(send.decides)
        }
        # Twilio does not say when something was written, so each telling is a word of its own.
        question = "SELECT DISTINCT message_id, kind FROM consent_events"
        found = Counter(row.message_id for row in rows(self._store, question))
        self.counts["words of consent in the ledger"] = len(found)
        yield from (f"a word of consent was lost: {each}" for each in wanted - found.keys())
        yield from (f"nobody has said this: {each}" for each in found.keys() - wanted)
        yield from (f"it means two things: {each}" for each, n in found.items() if n > 1)
        phones = {each.person.phone for each in texts.values() if each.keyword != "START"}
        with self._store.transaction(reads=True) as transaction:
            known = transaction.consents.find(phones)
        for phone in sorted(phones):
            if phone not in known or not known[phone].opted_out:
                yield f"the opt-out of the number that ends with {phone[-4:]} is lost"
        self.counts["opt-outs"] = len(phones)

    def _figures(self) -> Iterator[str]:
        """The campaign's own row, in the org: each message counted once."""
        campaign = self._org.campaign
        mine = [each for each in self._plan.messages if each.campaign == campaign]
        wanted = Counter(f"{each.ending.status}__c" for each in mine)
        wanted["Messages__c"] = len(mine)
        org = EmulatedOrg(str(self._org.folder / "org.sqlite3"), clock=system_clock)
        try:
            found = [row for row in org.records(STAT) if row["Key__c"] == f"{campaign}/Total"]
        finally:
            org.close()
        if len(found) != 1:
            yield f"{len(found)} rows of the campaign as a whole"
            return
        for status in (*(f"{each}__c" for each in DeliveryStatus), "Messages__c"):
            count = int(found[0][status] or 0)
            if count != wanted[status]:
                yield f"{status} of the campaign is {count}, should be {wanted[status]}"

    def _leases(self) -> Iterator[str]:
        names = [row.name for row in rows(self._store, "SELECT name FROM leases")]
        self.counts["leases that came free"] = len(names)
        with self._store.transaction(reads=True) as transaction:
            for each in names:
                if not transaction.leases.is_free(each, own_name(), system_clock()):
                    yield f"the lease {each} is still held, by nobody"
        for row in rows(self._store, OPEN_SLOTS):
            yield f"a slot of the job {row.job} was never finished"

    def _contacts(self, journal: Journal) -> Iterator[str]:
        found = self._org.contacts()
        wanted = Expectation(self._plan, journal).contacts(found)
        compared = {
            each: fields for each, fields in wanted.items() if each not in self._once_to
        }
        self.counts["records compared field by field"] = len(compared)
        yield from deviations(compared, found)


def _form(send: Send) -> dict[str, str]:
    return dict(parse_qsl(send.body.decode())) if send.is_callback else {}


def _said(send: Send) -> Iterator[tuple[str, str, str]]:
    """What a report says: the interim ones of a message all come to one status."""
    form = _form(send)
    if word := form.get("MessageStatus"):
        code = form.get("ErrorCode", "")
        yield (form["MessageSid"], "Expired" if code == _EXPIRED else _WORDS[word], code)
