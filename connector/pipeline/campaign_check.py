"""Counts messages once more from the beginning and compares that with the figures."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence

from connector.domain.delivery import Delivery
from connector.domain.figures import Cell, add
from connector.pipeline.counting import Counting
from connector.store import Store, Transaction


#: Messages of one question.
PAGE = 5_000

Counts = dict[Cell, dict[str, int]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A count of one cell that is not what it should be."""

    cell: Cell
    count: str
    found: int
    expected: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """
    How many messages were counted, in how many cells, and what is not as it should be.

    While messages `wait` to be counted, a difference may be no more than that.
    """

    messages: int
    cells: int
    waiting: int
    differences: Sequence[Difference]


def check_campaigns(
    store: Store,
    counting: Counting,
    campaign: str = "",
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> CheckReport:
    """
    Everything, or what one campaign has, as of one moment.

    The count takes nothing from what was counted before: each message is looked at anew.
    """
    with store.transaction(reads=True, snapshot=True) as transaction:
        messages, expected = 0, Counts()
        for page in _pages(transaction, campaign):
            _count(transaction, counting, page, expected)
            messages += len(page)
            progress(len(page))
        waiting = transaction.deliveries.changed_count()
        found = _found(transaction, campaign)
    if campaign:
        expected = {cell: each for cell, each in expected.items() if cell.campaign == campaign}
    return CheckReport(
        messages=messages,
        cells=len(expected),
        waiting=waiting,
        differences=list(_differences(found, expected)),
    )


def mend(store: Store, differences: Sequence[Difference]) -> None:
    """Have what is amiss added or taken away by the next roll-up."""
    changes = Counts()
    for each in differences:
        add(changes.setdefault(each.cell, {}), {each.count: each.expected - each.found})
    with store.transaction() as transaction:
        transaction.figures.note(changes)


def count_again(store: Store, *, progress: Callable[[int], None] = lambda _: None) -> int:
    """Have every message matched and counted anew, page by page; how many there are."""
    place, messages = ("", ""), 0
    while True:
        with store.transaction() as transaction:
            page = transaction.counted.page(place, PAGE)
            if not page:
                return messages
            last = (page[-1].gateway, page[-1].message_id)
            transaction.counted.count_again(place, last)
        place, messages = last, messages + len(page)
        progress(len(page))


def _pages(transaction: Transaction, campaign: str) -> Iterator[list[Delivery]]:
    place = ("", "")
    while page := transaction.counted.page(place, PAGE, counted_for=campaign):
        yield page
        place = (page[-1].gateway, page[-1].message_id)


def _count(
    transaction: Transaction, counting: Counting, page: Sequence[Delivery], into: Counts
) -> None:
    for contribution in counting.contributions(transaction, page):
        counts = contribution.counts()
        for cell in contribution.cells():
            add(into.setdefault(cell, {}), counts)


def _found(transaction: Transaction, campaign: str) -> Counts:
    """What the figures say, with what has yet to be added to them."""
    known = transaction.figures
    figures = known.of(campaign) if campaign else known.every()
    found = {cell: dict(each.counts) for cell, each in figures.items()}
    for cell, counts in known.noted(campaign).items():
        add(found.setdefault(cell, {}), counts)
    return found


def _differences(
    found: Mapping[Cell, Mapping[str, int]], expected: Mapping[Cell, Mapping[str, int]]
) -> Iterator[Difference]:
    for cell in sorted(found.keys() | expected.keys()):
        has, wants = found.get(cell, {}), expected.get(cell, {})
        for count in sorted(has.keys() | wants.keys()):
            if has.get(count, 0) != wants.get(count, 0):
                yield Difference(
                    cell=cell,
                    count=count,
                    found=has.get(count, 0),
                    expected=wants.get(count, 0),
                )
