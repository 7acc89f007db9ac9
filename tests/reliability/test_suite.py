"""The suite is whole, and its page says what the run told; `make reliability` runs it."""

from pathlib import Path

import pytest

from tests.reliability.report import Report, Told, page, read
from tests.reliability.suite import TRIALS
from tests.reliability.trial import Tally


PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


@pytest.mark.parametrize("trial", TRIALS, ids=lambda each: each.name)
def test_a_trial_can_fail(trial):
    assert trial.controls


def test_each_has_a_name_of_its_own():
    names = [(each.name, control) for each in TRIALS for control in names_of(each)]

    assert len(set(names)) == len(names)


def names_of(trial):
    return ["", *(each.name for each in trial.controls)]


def told(**changes):
    values = {
        "trial": "kills",
        "title": "Killed",
        "shows": "Nothing is lost.",
        "control": "",
        "seconds": 3,
        "tries": 1,
        "tally": Tally(),
        **changes,
    }
    return Told(**values)


@pytest.mark.parametrize(
    "control, faults, good",
    [
        ("", [], True),
        ("", ["lost"], False),
        ("a mistake", [], False),
        ("a mistake", ["x"], True),
    ],
)
def test_a_control_is_good_when_it_is_found(control, faults, good):
    assert told(control=control, tally=Tally(faults=faults)).good is good


def test_a_page_holds_the_run_that_it_was_written_from():
    report = Report(seed=7, seconds=90, told=(told(), told(control="a -- mistake")))

    assert read(page(report)) == report


def test_no_figure_of_the_page_was_typed():
    text = PAGE.read_text("utf-8")

    assert page(read(text)) == text


def test_the_page_is_of_a_run_of_all_that_found_nothing():
    report = read(PAGE.read_text("utf-8"))

    run = {(each.trial, each.control) for each in report.told}
    assert run == {(each.name, name) for each in TRIALS for name in names_of(each)}
    assert all(each.good for each in report.told)
