"""Documents of gateways for a door of the tests: what is not given cannot be had."""

from connector.clock import Clock
from connector.fetch import FetchError
from connector.web.papers import Papers


def papers(clock: Clock, **kept: bytes) -> Papers:
    """Papers that find these texts, by the last part of their address without its ending."""

    def fetch(address: str) -> bytes:
        name = address.rpartition("/")[2].partition(".")[0].replace("-", "_")
        if name not in kept:
            raise FetchError("no answer")
        return kept[name]

    return Papers(fetch, clock)
