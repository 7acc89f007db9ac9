"""
GET /metrics: what a monitor scrapes.

What the store knows is read from it when it is asked for, so that any web process tells the
same, and nothing but the door has to count.
"""

import importlib.metadata
import shutil
import threading
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import flask
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from connector.clock import Clock
from connector.domain.errors import ConnectorError
from connector.pipeline.vitals import Vitals, vitals
from connector.store import Store
from connector.web import keys
from connector.web.meters import Meters


SCOPE = "status:read"
#: How long what the store said is good: whoever scrapes in a loop does not load it.
FRESH = timedelta(seconds=5)

Metrics = Iterator[Metric]


def blueprint(
    store: Store, clock: Clock, meters: Meters, *, disk: Path | None, access: str
) -> flask.Blueprint:
    """`access` is open, key or off; `disk` is where the embedded database lies."""
    metrics = flask.Blueprint("metrics", __name__, url_prefix="/metrics")
    registry = CollectorRegistry()
    registry.register(StoreCollector(store, clock, disk))
    meters.register_in(registry)

    @metrics.get("")
    def show() -> flask.Response:
        if access == "off":
            flask.abort(404)
        if access == "key":
            keys.check(store, SCOPE)
        encode, content_type = choose_encoder(flask.request.headers.get("Accept", ""))
        return flask.Response(encode(registry), content_type=content_type)

    return metrics


class StoreCollector(Collector):
    """Asks the store at most once in a while, however often it is scraped."""

    def __init__(self, store: Store, clock: Clock, disk: Path | None) -> None:
        self._store = store
        self._clock = clock
        self._disk = disk
        self._lock = threading.Lock()
        self._found: Vitals | None = None
        self._asked_at: datetime | None = None

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked of the store before the first scrape."""
        return []

    def collect(self) -> Metrics:
        found, now = self._ask(), self._clock()
        yield gauge(
            "smsconn_build_info",
            "The version that answers",
            1,
            version=importlib.metadata.version("connector"),
        )
        yield gauge("smsconn_store_up", "Whether the store answered", int(found is not None))
        if self._disk:
            yield from disk_space(self._disk)
        if found:
            yield from told(found, now)

    def _ask(self) -> Vitals | None:
        with self._lock:
            now = self._clock()
            if self._asked_at is None or now - self._asked_at >= FRESH:
                self._found = self._look()
                self._asked_at = self._clock()
            return self._found

    def _look(self) -> Vitals | None:
        try:
            return vitals(self._store)
        except ConnectorError:
            return None


def gauge(name: str, text: str, value: float, **labels: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def by_label(
    name: str, text: str, label: str, values: Iterable[tuple[str, float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for each, value in values:
        family.add_metric([each], value)
    return family


def disk_space(folder: Path) -> Metrics:
    try:
        space = shutil.disk_usage(folder)
    except OSError:
        return
    yield gauge("smsconn_disk_free_bytes", "Free where the database lies", space.free)
    yield gauge("smsconn_disk_size_bytes", "Size of the disk it lies on", space.total)


def told(found: Vitals, now: datetime) -> Metrics:
    """The metrics that the store's state comes down to."""

    def age(since: datetime | None) -> float:
        return max((now - since).total_seconds(), 0.0) if since else 0.0

    yield gauge("smsconn_store_info", "Which engine keeps the data", 1, **found.engine)
    lanes = {"opt_outs": found.opt_outs, "fields": found.fields}
    yield by_label(
        "smsconn_outbox_rows",
        "Topics of records that wait to be written, counted up to 100,000 an object",
        "lane",
        ((name, lane.rows) for name, lane in lanes.items()),
    )
    yield by_label(
        "smsconn_outbox_oldest_seconds",
        "How long the oldest of them has waited",
        "lane",
        ((name, age(lane.since)) for name, lane in lanes.items()),
    )
    ages = {
        "smsconn_optout_unsynced_oldest_seconds": (
            "How long the oldest opt-out has waited that Salesforce does not have, read or not",
            found.unheard_since,
        ),
        "smsconn_unread_oldest_seconds": (
            "How long the oldest report has waited that no worker has read",
            found.unread_since,
        ),
        "smsconn_sf_login_refused_seconds": (
            "For how long Salesforce has refused the login",
            found.login_refused_since,
        ),
        "smsconn_store_restored_seconds": (
            "For how long nobody may be texted, because opt-outs may lack in a restored store",
            found.restored_at,
        ),
    }
    for name, (text, since) in ages.items():
        yield gauge(name, text, age(since))
    yield from counted(found)
    behind = {job: max((now - due).total_seconds(), 0.0) for job, due in found.due.items()}
    yield by_label(
        "smsconn_job_late_seconds",
        "For how long a job of the schedule has been due, beyond one slot",
        "job",
        behind.items(),
    )
    yield gauge(
        "smsconn_leader",
        "Whether a worker does the schedule's jobs in time",
        int(any(late == 0 for late in behind.values())),
    )


_COUNTS: dict[str, tuple[str, str]] = {
    "refused": ("smsconn_dead_letters", "Records that Salesforce refused, up to 10,000"),
    "quarantined": (
        "smsconn_quarantined_callbacks",
        "Callbacks that could not be read, up to 10,000",
    ),
    "unmatched": (
        "smsconn_unmatched_messages",
        "Messages that no record holds yet, up to 10,000",
    ),
    "questions": (
        "smsconn_consent_questions",
        "Numbers about whose consent a person has to decide, up to 10,000",
    ),
}


def counted(found: Vitals) -> Metrics:
    for key, (name, text) in _COUNTS.items():
        yield gauge(name, text, found.counts[key])
    answers = CounterMetricFamily(
        "smsconn_sf_records",
        "Records that Salesforce answered for, by what it did with them",
        labels=["object", "result"],
    )
    for (name, verdict), records in found.answers.items():
        answers.add_metric([name, verdict], records)
    yield answers
    yield by_label(
        "smsconn_stopped_lanes",
        "Lanes of an object to which nothing is written for now",
        "object",
        found.stopped.items(),
    )
    if found.api_used is not None:
        text = "Part of the org's calls of the day that is used up"
        yield gauge("smsconn_sf_api_used_ratio", text, found.api_used)
