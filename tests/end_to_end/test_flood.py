"""
The promises of the README end to end, at a fifteenth of the size of `flood`'s own defaults.

Each test takes up to 25 seconds, most of it for the start of real processes and, where one
was killed, for its second start: nothing smaller shows that a real `kill -9` loses nothing.
`python -m tests.end_to_end.flood` plays them in full.
"""

import pytest

from tests.end_to_end.flood import Scenario, flood


CALLBACKS, PEOPLE, CLIENTS = 600, 150, 16


def play(folder, **what):
    scenario = Scenario(
        callbacks=CALLBACKS, people=PEOPLE, clients=CLIENTS, settle_seconds=60, **what
    )
    return flood(scenario, folder)


def test_every_contact_ends_with_the_right_fields(tmp_path):
    outcome = play(tmp_path)

    assert outcome.faults == []


@pytest.mark.parametrize("what", ["all", "parent"])
def test_a_kill_changes_nothing_in_the_result(tmp_path, what):
    outcome = play(tmp_path, kill=what, seed=2)

    assert outcome.faults == []


def test_an_org_in_trouble_ends_with_the_right_fields_too(tmp_path):
    outcome = play(tmp_path, trouble_seconds=2, seed=3)

    assert outcome.faults == []
    assert outcome.facts["trouble struck"]["drop"] == 2


def test_two_servers_and_two_workers_do_as_well_when_all_are_killed(tmp_path, postgres_url):
    outcome = play(tmp_path, database=postgres_url, kill="all", seed=4)

    assert outcome.faults == []
