"""Whether one more call may be made."""

import pytest

from connector.salesforce.budget import ApiUsage, Budget


@pytest.mark.parametrize(
    "header, usage",
    [
        ("api-usage=18/15000", ApiUsage(18, 15_000)),
        ("api-usage=25/5000; per-app-api-usage=17/250(appName=Our App)", ApiUsage(25, 5_000)),
        ("per-app-api-usage=17/250(appName=Our App); api-usage=25/5000", ApiUsage(25, 5_000)),
        ("per-app-api-usage=17/250(appName=Our App)", None),
        ("", None),
        ("api-usage=many/5000", None),
    ],
)
def test_usage_is_read_from_the_header(header, usage):
    assert ApiUsage.read(header) == usage


@pytest.mark.parametrize(
    "usage, left, ratio",
    [(ApiUsage(18, 20), 2, 0.9), (ApiUsage(3, 2), 0, 1.5), (ApiUsage(0, 0), 0, 1)],
)
def test_usage_tells_what_is_left(usage, left, ratio):
    assert (usage.left, usage.ratio) == (left, ratio)


class TestBudget:
    def test_allows_all_while_nothing_is_known(self, clock):
        budget = Budget(clock=clock)

        assert budget.allows()
        assert budget.allows(urgent=True)

    @pytest.mark.parametrize(
        "used, ordinary", [(0, True), (7_999, True), (8_000, False), (10_000, False)]
    )
    def test_ordinary_calls_end_at_the_share_and_opt_outs_do_not(self, clock, used, ordinary):
        budget = Budget(clock=clock, share=0.8, reserve=500)

        budget.note(ApiUsage(used, 10_000))

        assert budget.allows() is ordinary
        assert budget.allows(urgent=True)

    @pytest.mark.parametrize("used, ordinary", [(9_499, True), (9_500, False)])
    def test_the_reserve_is_for_opt_outs(self, clock, used, ordinary):
        budget = Budget(clock=clock, share=1.0, reserve=500)

        budget.note(ApiUsage(used, 10_000))

        assert budget.allows() is ordinary
        assert budget.allows(urgent=True)

    def test_the_reserve_does_not_eat_up_a_small_org(self, clock):
        budget = Budget(clock=clock, share=1.0, reserve=5_000)

        budget.note(ApiUsage(10, 5_000))

        assert budget.allows()

    def test_old_figures_are_asked_for_again(self, clock):
        budget = Budget(clock=clock)
        budget.note(ApiUsage(9_900, 10_000))

        clock.advance(minutes=15)

        assert budget.allows()

    def test_an_answer_without_figures_changes_nothing(self, clock):
        budget = Budget(clock=clock)
        budget.note(ApiUsage(9_900, 10_000))

        budget.note(None)

        assert not budget.allows()

    def test_exhaustion_holds_back_everything_for_a_while(self, clock):
        budget = Budget(clock=clock)

        budget.exhausted(clock())
        budget.note(ApiUsage(10, 10_000))  # from a call that was under way

        assert not budget.allows()
        assert not budget.allows(urgent=True)

    def test_opt_outs_try_first_after_exhaustion(self, clock):
        budget = Budget(clock=clock)
        budget.exhausted(clock())

        clock.advance(minutes=1)

        assert budget.allows(urgent=True)
        assert not budget.allows()
        assert budget.next_try() == clock.now.replace(minute=15)

    def test_one_good_answer_after_exhaustion_closes_the_breaker(self, clock):
        budget = Budget(clock=clock)
        budget.exhausted(clock())
        clock.advance(minutes=1)

        budget.note(ApiUsage(10, 10_000))

        assert budget.allows()
        assert budget.next_try() is None

    def test_a_refused_try_opens_it_again(self, clock):
        budget = Budget(clock=clock)
        budget.exhausted(clock())
        clock.advance(minutes=15)

        assert budget.allows()
        budget.exhausted(clock())
        budget.note(ApiUsage(10_000, 10_000))

        assert not budget.allows()

    def test_grants_nothing_more_once_it_is_closed(self, clock):
        budget = Budget(clock=clock)
        budget.close()

        assert not budget.allows()
        assert not budget.allows(urgent=True)


class TestPace:
    @pytest.fixture
    def small(self, clock):
        """A share of 7,200 calls a day: 300 at once, then one every twelve seconds."""
        budget = Budget(clock=clock, share=0.5, reserve=0)
        budget.note(ApiUsage(0, 14_400))
        return budget

    def test_an_hour_s_worth_may_go_at_once(self, small):
        assert sum(small.allows() for _ in range(400)) == 300

    def test_then_calls_go_as_time_goes_by(self, small, clock):
        while small.allows():
            pass

        clock.advance(seconds=60)

        assert sum(small.allows() for _ in range(400)) == 5

    def test_time_saves_up_no_more_than_an_hour_s_worth(self, small, clock):
        clock.advance(hours=9)
        small.note(ApiUsage(0, 14_400))

        assert sum(small.allows() for _ in range(400)) == 300

    def test_opt_outs_do_not_wait_for_it(self, small):
        while small.allows():
            pass

        assert small.allows(urgent=True)


class TestOthers:
    """A share of 7,200 calls a day, of which others use some."""

    @pytest.fixture
    def calls(self):
        return [0]

    @pytest.fixture
    def shared(self, clock, calls):
        return Budget(clock=clock, share=0.5, reserve=0, calls=lambda: calls[0])

    def granted(self, budget):
        return sum(budget.allows() for _ in range(400))

    def test_what_others_used_is_taken_off_the_pace(self, shared):
        shared.note(ApiUsage(4_800, 14_400))

        assert self.granted(shared) == 100

    def test_what_we_used_is_not(self, shared, calls):
        calls[0] = 4_800
        shared.note(ApiUsage(4_800, 14_400))

        assert self.granted(shared) == 300

    def test_who_uses_ever_more_slows_us_down_before_the_share_is_reached(
        self, shared, clock, calls
    ):
        shared.note(ApiUsage(0, 14_400))
        clock.advance(minutes=30)
        calls[0] = 100
        shared.note(ApiUsage(400, 14_400))  # 300 of others in half an hour

        assert self.granted(shared) == (7_200 - 300 - 6 * 600) // 24

    def test_something_is_left_for_us_until_the_share_is_used_up(self, shared):
        shared.note(ApiUsage(7_199, 14_400))

        assert self.granted(shared) == 7_200 * 0.05 // 24

    def test_others_who_stop_let_us_go_on_faster(self, shared, clock):
        shared.note(ApiUsage(0, 14_400))
        clock.advance(minutes=30)
        shared.note(ApiUsage(1_200, 14_400))
        slow = self.granted(shared)
        clock.advance(hours=3)
        shared.note(ApiUsage(1_200, 14_400))

        assert self.granted(shared) > 2 * slow


def test_calls_that_belong_together_are_granted_together(clock):
    budget = Budget(clock=clock, share=0.5, reserve=0)
    budget.note(ApiUsage(0, 14_400))
    while budget.allows():
        pass

    clock.advance(seconds=24)
    assert [budget.allows(calls=3), budget.allows(calls=3)] == [False, False]
    clock.advance(seconds=12)
    assert [budget.allows(calls=3), budget.allows()] == [True, False]
