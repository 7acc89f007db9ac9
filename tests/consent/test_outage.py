"""After three days without Salesforce all opt-outs reach it before any field of a delivery."""

import dataclasses
import logging

import pytest

from connector.store import Store
from tests.consent.outage import Setting, faults, play


@pytest.fixture(autouse=True)
def _quiet():
    """Three days of an outage are many lines."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


SMALL = Setting(stops=300, reports=700)


@pytest.mark.parametrize(
    "setting",
    [
        SMALL,
        dataclasses.replace(SMALL, calls_left=9),
        dataclasses.replace(SMALL, bulk_from=100),
    ],
    ids=["calls", "few calls left", "bulk jobs"],
)
def test_opt_outs_come_first(store, setting):
    assert faults(play(store, setting), setting) == []


def test_so_do_ten_thousand_of_them(tmp_path):
    """`python -m tests.consent.outage --store postgresql` does the same there."""
    setting = Setting(stops=10_000, reports=20_000, bulk_from=5_000)
    store = Store.open(f"sqlite:///{tmp_path / 'store'}")
    try:
        written = play(store, setting)
    finally:
        store.close()

    assert faults(written, setting) == []
