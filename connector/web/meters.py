"""
What the door counts, as Prometheus wants it.

With several web processes each answers a part of the requests, scrapes too. They add up their
counts through a folder, `shared_metrics_folder()`. It has to be set before this module is
imported, for prometheus_client looks once, when it is loaded.
"""

from collections.abc import Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.multiprocess import MultiProcessCollector

from connector.settings import shared_metrics_folder


#: Gateways wait 5 to 15 seconds; one second is what we promise.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
STORED, NOT_TRUSTED = "stored", "not_trusted"
#: The words of the log for why the door refused, as labels; any other is a lacking document.
RESULTS = {
    "not trusted": NOT_TRUSTED,
    "no secret": "no_secret",
    "address not allowed": "address_not_allowed",
    "not stored": "not_stored",
}
NO_DOCUMENT = "no_document"

#: Since when it counts would be a series more for each, and no process alone knows it.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Meters:
    """The counters of one web process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.callbacks = Counter(
            "smsconn_callbacks",
            "Callbacks answered at the door, by what became of them",
            ["gateway", "result"],
            registry=self.registry,
        )
        self.accounts = Counter(
            "smsconn_account_callbacks",
            "Callbacks stored, by the account of the gateway; empty for the one without a name",
            ["gateway", "account"],
            registry=self.registry,
        )
        self.failures = Counter(
            "smsconn_signature_failures",
            "Callbacks whose signature or secret was wrong or missing",
            ["gateway"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "smsconn_ack_seconds",
            "From a whole callback to its answer, of those that were stored",
            buckets=SECONDS,
            registry=self.registry,
        )

    def expect(self, places: Iterable[tuple[str, str]]) -> None:
        """Begin at 0 for these accounts: a first failure is a rise too."""
        for gateway, account in places:
            self.accounts.labels(gateway, account)
            self.failures.labels(gateway)
            for result in (STORED, *RESULTS.values()):
                self.callbacks.labels(gateway, result)

    def stored(self, gateway: str, account: str, seconds: float) -> None:
        self.callbacks.labels(gateway, STORED).inc()
        self.accounts.labels(gateway, account).inc()
        self.seconds.observe(seconds)

    def refused(self, gateway: str, cause: str) -> None:
        result = RESULTS.get(cause, NO_DOCUMENT)
        self.callbacks.labels(gateway, result).inc()
        if result == NOT_TRUSTED:
            self.failures.labels(gateway).inc()

    def register_in(self, registry: CollectorRegistry) -> None:
        """Have a scrape find these: of all web processes here, where they share them."""
        if folder := shared_metrics_folder():
            MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
        else:
            registry.register(self.registry)
