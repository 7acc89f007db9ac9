"""
Asks Salesforce for what it alone can name: records of messages, members of campaigns.

Matching reads what was found from the store. A record may be made after its message, so what is
not found is asked for again, for a week.
"""

import dataclasses
import itertools
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.domain.errors import ConfigurationError, OrgError, OrgUnavailableError
from connector.domain.records import RecordRef
from connector.mapping import MEMBER
from connector.mapping import Mapping as ObjectMapping
from connector.pipeline.campaigns_of import told_campaign
from connector.pipeline.labels import LABELS
from connector.pipeline.memberships import MEMBERSHIPS, PERIOD
from connector.pipeline.questions import Answer, Answers, Questions
from connector.salesforce.budget import Budget
from connector.salesforce.errors import DailyLimitError, OrgRefusedError
from connector.salesforce.org import Org
from connector.store import Store, Transaction
from connector.store.lookups import Lookup


log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
#: Lookups of one round, and records looked at that Salesforce did not find any more.
ROUND = 2_000
#: The first wait, by how much each is longer than the one before, and the longest.
FIRST_WAIT, GROWTH, LONGEST_WAIT = timedelta(minutes=1), 4, timedelta(days=1)
#: How long a record is looked for.
PATIENCE = timedelta(days=7)
#: How long an org is left alone that does not answer.
PAUSE = timedelta(seconds=30)
#: How often it is looked for records that were found and are gone.
LOOK_EVERY = timedelta(minutes=1)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LookupReport:
    """What one round asked for, found, and gave up."""

    asked: int = 0
    found: int = 0
    given_up: int = 0

    def __add__(self, other: "LookupReport") -> "LookupReport":
        return LookupReport(
            asked=self.asked + other.asked,
            found=self.found + other.found,
            given_up=self.given_up + other.given_up,
        )


class Seeker:
    """Looks for what matching wants; what it knows of the org's mood lives in here."""

    def __init__(
        self,
        store: Store,
        org: Org,
        budget: Budget,
        clock: Clock,
        mappings: Mapping[str, ObjectMapping],
        *,
        holder: str,
        memberships: bool = False,
    ) -> None:
        self._store = store
        self._org = org
        self._budget = budget
        self._clock = clock
        self._holder = holder
        self._questions = Questions(store, org, mappings, memberships=memberships)
        self._not_before: datetime | None = None
        self._looked_at: datetime | None = None

    def seek(self, *, limit: int = ROUND) -> LookupReport:
        """One round; only one worker looks. Without a mapping that wants it, it is free."""
        now = self._clock()
        if not self._questions or (self._not_before and now < self._not_before):
            return LookupReport()
        looks = self._looked_at is None or now >= self._looked_at + LOOK_EVERY
        with self._store.transaction(reads=True) as transaction:
            if not looks and not transaction.lookups.due(now, 1):
                return LookupReport()
        with self._store.transaction() as transaction:
            lease = transaction.leases.take("lookup", self._holder, now, LEASE)
            if lease is None:
                return LookupReport()
            if looks:
                self._looked_at = now
                self._lose(transaction)
            due = transaction.lookups.due(now, limit)
        try:
            return self._all(due)
        except OrgUnavailableError as error:
            self._not_before = self._clock() + PAUSE
            log.warning("sf.lookup.unavailable", extra={"reason": str(error)})
            return LookupReport()
        except (OrgError, ConfigurationError):
            self._not_before = self._clock() + PAUSE
            raise
        finally:
            with self._store.transaction() as transaction:
                transaction.leases.give_back(lease)

    def _lose(self, transaction: Transaction) -> None:
        """Records that were found and are gone are looked for again: they may be made anew."""
        gone = transaction.directory.gone(self._questions.objects, ROUND)
        lost = transaction.lookups.of_records(record.id for record in gone)
        for name, group in itertools.groupby(
            sorted(lost, key=lambda each: each.object), key=lambda each: each.object
        ):
            transaction.lookups.reopen(name, (each.key for each in group))
        if lost:
            ids = [each.record_id for each in lost]
            transaction.matches.match_again(ids)
            transaction.writes.unrefuse(ids)

    def _all(self, due: Sequence[Lookup]) -> LookupReport:
        report = LookupReport()
        for batch in self._questions.batches(due):
            if not self._budget.allows():
                break
            done, found = self._batch(batch)
            report += done
            if batch[0].object == MEMBER:
                self._prepare_labels({campaign for campaign, _ in found})
        return report

    def _batch(self, lookups: Sequence[Lookup]) -> tuple[LookupReport, Answers]:
        """A refusal is an answer too: it may be mended, so it is asked again."""
        try:
            answers = self._questions.ask(lookups)
        except DailyLimitError:
            self._budget.exhausted(self._clock())
            raise
        except OrgRefusedError as refusal:
            log.error(  # noqa: TRY400 (the code says it all)
                "sf.lookup.refused",
                extra={"object": lookups[0].object, "code": refusal.code},
            )
            answers = {each.key: Answer(error=refusal.code) for each in lookups}
        finally:
            self._budget.note(self._org.usage)
        return self._keep(lookups, answers), answers

    def _prepare_labels(self, campaigns: set[str]) -> None:
        """At once, so that the members found now need not be worked out twice."""
        wanted = [(campaign, "") for campaign in sorted(campaigns)]
        if not self._questions.labels or not wanted:
            return
        with self._store.transaction() as transaction:
            known = transaction.lookups.find(LABELS, wanted)
            lacking = [key for key in wanted if key not in known]
            transaction.lookups.want(LABELS, lacking)
        if lacking and self._budget.allows():
            self._batch([Lookup(object=LABELS, scope=scope, name="") for scope, _ in lacking])

    def _keep(self, lookups: Sequence[Lookup], answers: Answers) -> LookupReport:
        now = self._clock()
        kept = [_answered(each, answers.get(each.key, Answer()), now) for each in lookups]
        with self._store.transaction() as transaction:
            # In this order, as matching takes its locks: messages, lookups.
            self._match_again(transaction, lookups, kept)
            transaction.lookups.put(kept)
            if kept[0].object in {MEMBER, MEMBERSHIPS}:
                # What was matched while we waited for the lookups did not see them.
                self._match_again(transaction, lookups, kept)
        return LookupReport(
            asked=len(kept),
            found=sum(bool(each.record_id) for each in kept),
            given_up=sum(each.given_up for each in kept),
        )

    def _match_again(
        self, transaction: Transaction, before: Sequence[Lookup], after: Sequence[Lookup]
    ) -> None:
        name = after[0].object
        found = [each.key for each in after if each.record_id]
        if name == MEMBER:
            transaction.matches.match_members_again(found)
        elif name == MEMBERSHIPS:
            transaction.matches.match_sent_again(
                ((person, period) for period, person in _news(before, after)), PERIOD
            )
        elif name == LABELS:
            for campaign, _ in found:
                members = transaction.lookups.found_in(MEMBER, campaign)
                records = (RecordRef(MEMBER, each.record_id) for each in members)
                transaction.outbox.mark(records, urgent=False)
        else:
            # Until the first answer, the number did not decide whose message it is.
            first = [each.key for each in before if not each.answered]
            transaction.deliveries.match_again(sorted({*found, *first}))


def _news(before: Sequence[Lookup], after: Sequence[Lookup]) -> list[tuple[str, str]]:
    """Those of which something else is known now."""
    return [
        new.key for old, new in zip(before, after, strict=True) if old.details != new.details
    ]


def _answered(lookup: Lookup, answer: Answer, now: datetime) -> Lookup:
    """The lookup with its answer, and when to ask again where nothing was found."""
    since = lookup.since or now
    attempts = lookup.attempts + 1
    next_at: datetime | None = None
    if not answer.record_id:
        # Twelve waits come to the longest one; more would only make a great number.
        wait = min(FIRST_WAIT * GROWTH ** min(lookup.attempts, 12), LONGEST_WAIT)
        next_at = now + wait if now + wait <= since + PATIENCE else None
    return dataclasses.replace(
        lookup,
        record_id=answer.record_id,
        details=answer.details or _lasting(lookup),
        attempts=attempts,
        since=since,
        asked_at=now,
        next_at=next_at,
        error=answer.error,
    )


def _lasting(lookup: Lookup) -> tuple[str, ...]:
    """A message keeps its campaign when the record that told it is gone."""
    campaign = told_campaign(lookup.details)
    return (campaign,) if campaign else ()
