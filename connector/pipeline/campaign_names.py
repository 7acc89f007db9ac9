"""Learns what the campaigns are called that have figures: people know them by name."""

import dataclasses
import logging
from datetime import timedelta

from connector.clock import Clock
from connector.domain.errors import OrgUnavailableError
from connector.salesforce.budget import Budget
from connector.salesforce.campaigns import MOST_CAMPAIGNS, campaign_names
from connector.salesforce.errors import OrgRefusedError
from connector.salesforce.org import Org
from connector.store import Store


log = logging.getLogger(__name__)

#: Nobody renames a campaign every day.
FRESH = timedelta(days=1)
#: Calls of one round; the next round goes on.
CALLS = 10
#: Campaigns that are compared with what is known at once.
PAGE = 1_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NamesReport:
    """How many campaigns were asked for, and how many have a name."""

    asked: int = 0
    named: int = 0

    def __str__(self) -> str:
        return f"asked {self.asked}, named {self.named}"


class NameReader:
    """Keeps the names; where they cannot be read, campaigns go by their ids."""

    def __init__(self, store: Store, org: Org, budget: Budget, clock: Clock) -> None:
        self._store = store
        self._org = org
        self._budget = budget
        self._clock = clock

    def read(self) -> NamesReport:
        """One round: those that nobody has asked for since yesterday."""
        wanted = self._wanted()
        report = NamesReport()
        for start in range(0, len(wanted), MOST_CAMPAIGNS):
            batch = wanted[start : start + MOST_CAMPAIGNS]
            if not self._budget.allows():
                break
            try:
                found = campaign_names(self._org, batch)
            except (OrgUnavailableError, OrgRefusedError) as error:
                # They are a convenience: nobody is to be alarmed for them.
                log.warning("campaign_names.unavailable", extra={"reason": str(error)})
                break
            finally:
                self._budget.note(self._org.usage)
            with self._store.transaction() as transaction:
                names = {each: found.get(each, "") for each in batch}
                transaction.campaign_names.put(names, self._clock())
            report = NamesReport(
                asked=report.asked + len(batch), named=report.named + len(found)
            )
        return report

    def _wanted(self) -> list[str]:
        since, most = self._clock() - FRESH, CALLS * MOST_CAMPAIGNS
        wanted: list[str] = []
        after = ""
        with self._store.transaction(reads=True) as transaction:
            while len(wanted) < most:
                page = transaction.figures.campaigns(PAGE, after)
                if not page:
                    break
                known = transaction.campaign_names.read_since(page, since)
                wanted += [each for each in page if each not in known]
                after = page[-1]
        return wanted[:most]
