"""
A backup under load, everything lost, and a restored store that forgets no opt-out silently.

Takes some twenty seconds an engine, most of it for real processes that start twice;
`python -m tests.end_to_end.recovery` plays it at full size.
"""

import pytest

from tests.end_to_end.recovery import recovery


def test_an_embedded_database(tmp_path):
    outcome = recovery(tmp_path, people=90)

    assert outcome.faults == []
    assert outcome.facts["STOPs before the backup began"]


@pytest.mark.usefixtures("postgres_server")
def test_a_database_on_a_server(tmp_path, postgres_server):
    with postgres_server.database() as url, postgres_server.database() as other:
        outcome = recovery(tmp_path, url=url, restored=other, people=90)

    assert outcome.faults == []
    assert outcome.facts["STOPs later"]
