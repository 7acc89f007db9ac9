"""What time alone says of a message."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.delivery import NO_REPORT, Delivery, DeliveryStatus, Overdue, Reason
from connector.domain.time_rules import USUAL, Standing
from tests.support.events import NOON, deliveries, report


PENDING = DeliveryStatus.PENDING
later = st.integers(0, 100).map(lambda hours: NOON + timedelta(hours=hours))


def pending(**changes):
    return Delivery.from_event(report(status=PENDING, **changes))


def after(**duration):
    return NOON + timedelta(**duration)


class TestStanding:
    def test_what_was_just_sent_is_looked_at_after_a_day(self):
        standing = USUAL.standing(pending(), NOON)

        assert standing == Standing(due_at=after(hours=24))

    def test_it_fails_softly_after_a_day_and_is_looked_at_again(self):
        standing = USUAL.standing(pending(), after(hours=24))

        assert standing == Standing(
            overdue=Overdue.SOFT, since=after(hours=24), due_at=after(hours=72)
        )

    def test_it_expires_after_three_days_without_a_word(self):
        standing = USUAL.standing(pending(), after(days=30))

        assert standing == Standing(overdue=Overdue.EXPIRED, since=after(hours=72))

    def test_a_word_that_settles_nothing_puts_off_the_expiry_alone(self):
        heard = pending().join(
            pending(occurred_at=after(hours=60), received_at=after(hours=61))
        )

        assert USUAL.standing(heard, after(hours=72)).due_at == after(hours=61 + 72)
        assert USUAL.standing(heard, after(hours=72)).since == after(hours=24)

    def test_a_message_that_was_only_registered_expires_too(self):
        registered = Delivery.from_event(report(status=None, sent_at=NOON))

        assert USUAL.standing(registered, after(hours=72)).overdue is Overdue.EXPIRED

    @pytest.mark.parametrize("status", [each for each in DeliveryStatus if each.is_final])
    def test_what_is_settled_is_never_overdue(self, status):
        settled = Delivery.from_event(report(status=status))

        assert USUAL.standing(settled, after(days=400)) == Standing()

    @pytest.mark.parametrize("year", [2015, 9999])
    def test_a_gateway_s_clock_neither_hastens_nor_puts_off_the_expiry(self, year):
        strange = pending(occurred_at=datetime(year, 12, 31, 23, tzinfo=UTC))

        assert USUAL.standing(strange, after(hours=71)).overdue is not Overdue.EXPIRED
        assert USUAL.standing(strange, after(hours=72)).overdue is Overdue.EXPIRED

    @given(delivery=deliveries, now=later)
    def test_nothing_changes_before_it_is_due(self, delivery, now):
        standing = USUAL.standing(delivery, now)

        if standing.due_at:
            just_before = standing.due_at - timedelta(microseconds=1)
            assert standing.due_at > now
            assert USUAL.standing(delivery, just_before) == standing
            assert USUAL.standing(delivery, standing.due_at).overdue > standing.overdue
        else:
            assert USUAL.standing(delivery, after(days=400)) == standing

    @given(one=deliveries, other=deliveries, now=later)
    def test_it_does_not_depend_on_what_came_first(self, one, other, now):
        assert USUAL.standing(one.join(other), now) == USUAL.standing(other.join(one), now)


class TestShown:
    def test_what_was_given_up_is_shown_as_expired_by_us(self):
        given_up = USUAL.judged(pending(error_code="7"), after(days=5))

        assert given_up.is_given_up
        assert given_up.shown_status is DeliveryStatus.EXPIRED
        assert given_up.shown_status_at == after(hours=72)
        assert given_up.shown_reason is Reason.EXPIRED
        assert given_up.shown_error_code == NO_REPORT
        assert given_up.status is PENDING

    def test_a_soft_failure_is_shown_as_it_stands(self):
        soft = USUAL.judged(pending(error_code="7"), after(days=2))

        assert soft.is_overdue
        assert soft.shown_status is PENDING
        assert soft.shown_status_at == NOON
        assert soft.shown_error_code == "7"

    def test_a_late_report_takes_the_expiry_back_before_it_is_looked_at(self):
        given_up = USUAL.judged(pending(), after(days=5))
        reported = Delivery.from_event(report(received_at=after(days=6)))

        joined = USUAL.judged(given_up.join(reported), after(days=6))

        assert joined.shown_status is DeliveryStatus.DELIVERED
        assert not joined.is_overdue

    @given(delivery=deliveries)
    def test_judging_twice_is_judging_once(self, delivery):
        once = USUAL.judged(delivery, after(hours=30))

        assert USUAL.judged(once, after(hours=30)) is once
