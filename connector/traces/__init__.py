"""
Traces for OpenTelemetry: from a callback's receipt to Salesforce's answer, if they are wanted.

Nothing of it is loaded otherwise. A trace has names of gateways, objects and verdicts, and
when what was done; never a number, an address or a body.
"""

import contextlib
import importlib.util
from collections.abc import Iterator
from typing import TYPE_CHECKING

from connector.clock import Clock
from connector.domain.errors import ConfigurationError
from connector.settings import Settings
from connector.store import Store


if TYPE_CHECKING:
    from connector.traces.receipts import Receipts


def can_trace(settings: Settings) -> None:
    """Raise ConfigurationError where traces are wanted, and what makes them is missing."""
    if settings.traces and not _is_installed():
        raise ConfigurationError(
            "CONNECTOR_TRACES: what makes traces is not installed:"
            " pip install 'connector[traces]', or set it to off"
        )


def _is_installed() -> bool:
    try:
        return bool(importlib.util.find_spec("opentelemetry.exporter.otlp.proto.http"))
    except ModuleNotFoundError:
        return False


def open_receipts(settings: Settings, clock: Clock) -> "Receipts | None":
    """What the door tells of callbacks; to be closed."""
    if not settings.traces:
        return None
    from connector.traces.receipts import Receipts  # noqa: PLC0415 (an extra)
    from connector.traces.spans import Spans  # noqa: PLC0415

    spans = Spans.to(settings.traces, role="web", percent=settings.traces_percent)
    return Receipts(spans, clock)


@contextlib.contextmanager
def following(settings: Settings, store: Store) -> Iterator[None]:
    """Inside, what this worker says of callbacks becomes traces."""
    if not settings.traces:
        yield
        return
    from connector.traces.follower import Follower  # noqa: PLC0415 (an extra)
    from connector.traces.spans import Spans  # noqa: PLC0415

    spans = Spans.to(settings.traces, role="worker", percent=settings.traces_percent)
    with contextlib.closing(Follower(spans, store)) as follower:
        follower.begin()
        yield
