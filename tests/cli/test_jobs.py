"""`connector jobs`: what the workers do by the clock."""

import json
from datetime import timedelta

import pytest

from connector.clock import system_clock
from connector.domain.errors import ConfigurationError
from connector.pipeline.slots import SlotJob, SlotRunner


DAY = timedelta(days=1)


def fail(_turn):
    raise ZeroDivisionError


@pytest.fixture
def runner(store):
    return SlotRunner(store, system_clock, "host 17 400 boot/4026 abcd")


@pytest.fixture
def daily(runner):
    job = SlotJob(name="daily", every=DAY, work=lambda _: "all well")
    runner.declare([job])
    return job


class TestList:
    @pytest.mark.usefixtures("store")
    def test_says_that_no_worker_has_run(self, operate):
        answer = operate("jobs", "list")

        assert (answer.exit_code, answer.stdout) == (0, "no worker has run yet\n")

    def test_prints_a_line_a_job(self, operate, runner, daily):
        runner.run(daily)

        answer = operate("jobs", "list")

        assert answer.exit_code == 0
        line = answer.stdout.splitlines()[1]
        assert line.startswith("daily  1 day, 0:00:00")
        assert line.rstrip().endswith("in time  all well")

    def test_prints_json(self, operate, runner, daily):
        runner.run(daily)

        (found,) = json.loads(operate("jobs", "list", "--json").stdout)

        assert (found["name"], found["state"], found["every_seconds"]) == (
            "daily",
            "in time",
            86_400,
        )
        assert (found["last_result"], found["worker"]) == ("all well", "host 17")
        assert "every" not in found

    @pytest.mark.usefixtures("daily")
    def test_ends_with_1_when_one_fails(self, operate, runner):
        with pytest.raises(ZeroDivisionError):
            runner.run(SlotJob(name="daily", every=DAY, work=fail))

        answer = operate("jobs", "list")

        assert answer.exit_code == 1
        assert "fails" in answer.stdout
        assert "ZeroDivisionError" in answer.stdout


class TestShow:
    def test_prints_the_last_slots(self, operate, runner, daily):
        start = runner.run(daily).start

        answer = operate("jobs", "show", "daily")

        assert answer.exit_code == 0
        assert answer.stdout.splitlines()[1].startswith(f"{start:%Y-%m-%d} 00:00:00")

    def test_prints_json(self, operate, runner, daily):
        start = runner.run(daily).start

        (found,) = json.loads(operate("jobs", "show", "daily", "--json").stdout)

        assert (found["start"], found["result"]) == (start.isoformat(), "all well")

    @pytest.mark.usefixtures("daily")
    def test_of_a_job_that_never_ran_is_empty(self, operate):
        assert json.loads(operate("jobs", "show", "daily", "--json").stdout) == []

    @pytest.mark.usefixtures("daily")
    def test_names_those_that_there_are(self, operate):
        answer = operate("jobs", "show", "dayly")

        assert isinstance(answer.exception, ConfigurationError)
        assert "there are daily" in str(answer.exception)
