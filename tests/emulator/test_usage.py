"""The daily allowance, which others use too."""

from connector.emulator.usage import Usage


def test_calls_count_for_a_rolling_day(watch):
    usage = Usage(watch, 100)
    usage.spend(10)
    watch.move(hours=23)
    usage.spend(5)

    before = usage.used
    watch.move(hours=2)

    assert (before, usage.used) == (15, 5)


def test_others_call_as_time_goes_by(watch):
    usage = Usage(watch, 1_000)
    usage.others(60)

    watch.move(minutes=30)
    half = usage.used
    watch.move(minutes=30)

    assert (half, usage.used, usage.header) == (30, 60, "api-usage=60/1000")


def test_what_others_call_is_forgotten_after_a_day(watch):
    usage = Usage(watch, 10_000)
    usage.others(100)
    watch.move(days=3)
    steady = usage.used
    usage.others(0)

    watch.move(hours=12, minutes=1)

    assert 2_390 <= steady <= 2_410
    assert 1_190 <= usage.used <= 1_210


def test_others_can_use_the_org_up(watch):
    usage = Usage(watch, 100)
    usage.others(50)

    watch.move(hours=2)

    assert usage.exhausted
    assert usage.limits()["DailyApiRequests"] == {"Max": 100, "Remaining": 0}


def test_slow_callers_are_not_rounded_away(watch):
    usage = Usage(watch, 100)
    usage.others(1)

    for _ in range(240):
        watch.move(minutes=1)
        assert usage.used <= 5

    assert 3 <= usage.used <= 4
