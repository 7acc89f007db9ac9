"""Workers that share one book of calls."""

import pytest

from connector.pipeline.ledger import StoreLedger
from connector.salesforce.budget import ApiUsage, Budget


@pytest.fixture
def two(store, clock):
    """Two workers with a share of 7,200 calls a day: 300 at once for both together."""
    budgets = [
        Budget(clock=clock, share=0.5, reserve=0, ledger=StoreLedger(store)) for _ in range(2)
    ]
    for budget in budgets:
        budget.note(ApiUsage(0, 14_400))
    return budgets


def test_they_have_one_pace(two, clock):
    first, second = two

    assert sum(first.allows() + second.allows() for _ in range(200)) == 300
    clock.advance(seconds=24)
    assert [first.allows(), second.allows(), first.allows()] == [True, True, False]


def test_what_one_uses_is_no_other_s_use_to_another(two, store, clock):
    first, second = two
    for _ in range(100):
        first.allows(urgent=True)
    clock.advance(minutes=1)
    first.note(ApiUsage(100, 14_400))
    second.note(ApiUsage(100, 14_400))

    slots = StoreLedger(store).slots(clock())

    assert sum(slot.ours for slot in slots) == 100
    assert sum(second.allows() for _ in range(400)) == 300
