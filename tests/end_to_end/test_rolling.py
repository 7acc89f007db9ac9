"""
An upgrade under load and the way back, with real processes of two releases.

Takes some twenty seconds on the embedded database and thirty on PostgreSQL, for every process
is started twice; `python -m tests.end_to_end.rolling` plays it at full size.
"""

import pytest

from tests.end_to_end.rolling import rolling


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_an_upgrade_and_the_way_back_lose_and_refuse_nothing(request, tmp_path, engine):
    url = str(request.getfixturevalue("postgres_url")) if engine == "postgresql" else ""

    outcome = rolling(tmp_path, url=url, callbacks=600, workers=1)

    assert outcome.faults == []
    assert str(outcome.facts["callbacks, lost of them"]).endswith(", 0")
