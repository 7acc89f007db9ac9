"""
Real processes under load, killed at random: nobody hears yes after the 2xx for a STOP.

Takes some twenty seconds an engine, most of it for the start of the processes;
`python -m tests.consent.live` plays for longer.
"""

import pytest

from tests.consent.live import live


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_nobody_hears_yes_after_the_answer_to_a_stop(request, tmp_path, engine):
    url = str(request.getfixturevalue("postgres_url")) if engine == "postgresql" else ""

    outcome = live(tmp_path, url=url, seconds=5, people=12, clients=3)

    assert outcome.faults == []
    assert outcome.done["checks"] > 0
