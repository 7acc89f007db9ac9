"""Spans as OpenTelemetry has them, and their way to a collector."""

import logging
import threading
from collections.abc import Mapping
from typing import Self

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags

from connector.traces.place import Place


#: How long one export may take, and how long the last one at the end.
EXPORT_SECONDS, LAST_SECONDS = 5.0, 2.0
#: Spans that wait beyond this are dropped: a collector that is away fills no memory.
MOST_WAITING = 8_192

Attributes = Mapping[str, str | int]


class _GivenIds(IdGenerator):
    """The ids of the next span of this thread where they are given, else random ones."""

    def __init__(self) -> None:
        self._random = RandomIdGenerator()
        self.given = threading.local()

    def generate_trace_id(self) -> int:
        return getattr(self.given, "trace", 0) or self._random.generate_trace_id()

    def generate_span_id(self) -> int:
        return getattr(self.given, "span", 0) or self._random.generate_span_id()


class Spans:
    """Makes spans, and hands them to a thread that exports them; what fails there is lost."""

    def __init__(self, exporter: SpanExporter, *, role: str, percent: float = 100) -> None:
        self._ids = _GivenIds()
        self._percent = percent
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": "connector", "connector.role": role}),
            sampler=ALWAYS_ON,  # who is traced was decided before
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(exporter, max_queue_size=MOST_WAITING)
        )
        self._tracer = self._provider.get_tracer("connector")

    @classmethod
    def to(cls, address: str, *, role: str, percent: float) -> Self:
        # It says every few seconds that nobody answers.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        exporter = OTLPSpanExporter(endpoint=address, timeout=EXPORT_SECONDS)
        return cls(exporter, role=role, percent=percent)

    def receipt(self, place: Place, start: int, end: int, attributes: Attributes) -> None:
        """The first span of a trace, or that below whoever called; times in nanoseconds."""
        if not place.is_sampled(self._percent):
            return
        self._ids.given.trace, self._ids.given.span = place.trace, place.receipt
        try:
            self._span("callback", place, place.parent, SpanKind.SERVER, start, end, attributes)
        finally:
            self._ids.given.trace = self._ids.given.span = 0

    def step(
        self, name: str, place: Place, start: int, end: int, attributes: Attributes
    ) -> None:
        """What a worker did about it."""
        if place.is_sampled(self._percent):
            kind = SpanKind.INTERNAL
            self._span(name, place, place.receipt, kind, start, end, attributes)

    def _span(
        self,
        name: str,
        place: Place,
        parent: int,
        kind: SpanKind,
        start: int,
        end: int,
        attributes: Attributes,
    ) -> None:
        above = SpanContext(place.trace, parent, True, TraceFlags(TraceFlags.SAMPLED))  # noqa: FBT003 (from elsewhere)
        context = trace.set_span_in_context(NonRecordingSpan(above)) if parent else None
        request = {"connector.request": place.request} if place.request else {}
        span = self._tracer.start_span(
            name,
            context=context or trace.set_span_in_context(trace.INVALID_SPAN),
            kind=kind,
            attributes={**request, **attributes},
            start_time=min(start, end),
        )
        span.end(end)

    def close(self) -> None:
        """Send what waits, but wait for no collector for long."""
        last = threading.Thread(target=self._provider.shutdown, daemon=True)
        last.start()
        last.join(LAST_SECONDS)
