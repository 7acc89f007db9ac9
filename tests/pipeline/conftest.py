"""The pipeline on a real store, with the shipped mappings."""

import pytest

from connector import gateways, mapping
from connector.phones import to_e164
from connector.pipeline.enqueue import enqueue
from connector.pipeline.match import match
from connector.pipeline.normalise import normalise


@pytest.fixture(scope="session")
def mappings():
    return mapping.load_all(mapping.packaged())


@pytest.fixture
def read(store, mappings, clock):
    """Reads all that was kept, to pending fields; returns the three reports."""

    def run():
        return (
            normalise(store, gateways.installed(), to_e164, clock),
            match(store, mappings),
            enqueue(store, mappings, clock),
        )

    return run
