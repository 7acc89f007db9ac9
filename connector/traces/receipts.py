"""Makes the first span of each trace: a callback came, and was answered."""

import logging

from connector.clock import Clock
from connector.domain.callback import Callback
from connector.traces.place import place_of
from connector.traces.spans import Spans


log = logging.getLogger(__name__)


class Receipts:
    """Told by the door of each authentic callback; it does no more than note it."""

    def __init__(self, spans: Spans, clock: Clock) -> None:
        self._spans = spans
        self._clock = clock
        self._failed = False

    def __call__(self, callback: Callback, status: int) -> None:
        try:
            self._tell(callback, status)
        except Exception as error:  # noqa: BLE001 (no callback fails for the sake of its trace)
            if not self._failed:
                log.warning("traces.failed", extra={"reason": type(error).__name__})
            self._failed = True

    def _tell(self, callback: Callback, status: int) -> None:
        told: dict[str, str | int] = {
            "connector.gateway": callback.gateway,
            "http.request.method": callback.method,
            "http.response.status_code": status,
        }
        start, end = callback.received_at.timestamp(), self._clock().timestamp()
        self._spans.receipt(place_of(callback), int(start * 1e9), int(end * 1e9), told)

    def close(self) -> None:
        self._spans.close()
