"""How long it took from what happened to the field in Salesforce: counted as it is written."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from connector.domain.traffic import SPANS, Kind, span_name


def spans(
    reports: Iterable[tuple[datetime, datetime]], now: datetime
) -> Counter[tuple[Kind, str]]:
    """
    Reports that Salesforce has as of now, each with when it was and when it was heard.

    What was heard longer ago than we measure was not late: it was worked out anew, as for a
    record that was made later. A carrier's clock may be ahead of ours: then it took no time.
    """
    counts: Counter[tuple[Kind, str]] = Counter()
    for event_at, heard_at in reports:
        handled = (now - heard_at).total_seconds()
        if handled <= SPANS[-1]:
            counts[Kind.HANDLED, span_name(handled)] += 1
            counts[Kind.FRESH, span_name((now - event_at).total_seconds())] += 1
    return counts
