"""From callback to Salesforce one trace: over a real collector, and by several processes."""

import http.server
import logging
import subprocess
import sys
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from connector.domain.callback import Callback
from connector.domain.errors import ConfigurationError
from connector.domain.records import Outcome, RecordChange, RecordRef, Verdict
from connector.pipeline import trail
from connector.settings import Settings
from connector.traces import can_trace, following, open_receipts
from connector.traces.follower import Follower
from connector.traces.place import place_of
from connector.traces.receipts import Receipts
from connector.traces.spans import Spans


AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PHONE = "447700900123"


def callback(**headers):
    return Callback(
        gateway="kannel",
        method="GET",
        target=f"/callbacks/kannel?token=&to=%2B{PHONE}",
        headers={name.replace("_", "-"): text for name, text in headers.items()},
        body=f"to={PHONE}".encode(),
        received_at=AT,
        public_url="https://sms.example.org",
    )


class TestPlace:
    def test_every_process_finds_the_same(self):
        assert place_of(callback(x_request_id="7f3a")) == place_of(
            callback(x_request_id="7f3a")
        )
        assert place_of(callback()) == place_of(callback())

    def test_requests_have_traces_of_their_own(self):
        places = [place_of(callback(x_request_id=each)) for each in ("7f3a", "7f3b")]
        places.append(place_of(callback()))

        assert len({each.trace for each in places}) == 3
        assert len({each.receipt for each in places}) == 3

    def test_the_trace_of_the_caller_goes_on(self):
        place = place_of(callback(traceparent=PARENT, x_request_id="7f3a"))

        assert f"{place.trace:032x}-{place.parent:016x}" == PARENT[3:-3]
        assert place.is_sampled(100)

    def test_a_caller_who_wants_none_gets_none(self):
        place = place_of(callback(traceparent=PARENT.removesuffix("01") + "00"))

        assert not place.is_sampled(100)

    @pytest.mark.parametrize("text", ["", "00-x-y-01", PARENT + "-more", "00-" + "0" * 32])
    def test_what_is_no_traceparent_is_not_one(self, text):
        assert place_of(callback(traceparent=text)).parent == 0

    def test_a_number_is_not_shown_as_an_id(self):
        assert place_of(callback(x_request_id=PHONE)).request == ""
        assert place_of(callback(x_request_id="req-7f3a")).request == "req-7f3a"

    def test_a_share_of_all_is_kept(self):
        places = [place_of(callback(x_request_id=str(each))) for each in range(2_000)]

        kept = sum(each.is_sampled(10) for each in places)

        assert 100 < kept < 300


class Collector:
    """What OTLP over HTTP is sent to; `spans` are those that came."""

    def __init__(self, status=200):
        self.spans: list[Any] = []
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["content-length"])
                request = ExportTraceServiceRequest.FromString(self.rfile.read(length))
                for resource in request.resource_spans:
                    for scope in resource.scope_spans:
                        collector.spans += scope.spans
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_arguments):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/traces"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def wanted(url, **more):
    return Settings.from_environment({"CONNECTOR_TRACES": url, **more})


class Clock:
    def __call__(self):
        return AT.replace(second=1)


def change(record, *, urgent=False):
    return RecordChange(
        record=record,
        fields={"SMS_Delivery_Status__c": "x"},
        change_ids=frozenset(),
        urgent=urgent,
    )


class TestSettings:
    @pytest.mark.parametrize("text", ["off", "OFF", ""])
    def test_off_is_the_default(self, text):
        assert wanted(text).traces == ""
        assert open_receipts(wanted(text), Clock()) is None

    @pytest.mark.parametrize(
        "text",
        ["on", "collector:4318", "ftp://x/v1/traces", "http://u:p@x/v1", "http://x/?a=b"],
    )
    def test_what_is_no_collector_is_refused_in_a_line(self, text):
        with pytest.raises(ConfigurationError, match=r"^CONNECTOR_TRACES must be off, or"):
            wanted(text)

    def test_without_the_extra_it_says_what_to_install(self):
        program = (
            "import sys; sys.modules['opentelemetry'] = None\n"
            "from connector.settings import Settings\n"
            "from connector.traces import can_trace\n"
            "can_trace(Settings.from_environment({}))\n"
            "can_trace(Settings.from_environment({'CONNECTOR_TRACES': 'http://x/v1/traces'}))\n"
        )

        told = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False
        )

        assert told.stderr.splitlines()[-1].endswith(
            "CONNECTOR_TRACES: what makes traces is not installed:"
            " pip install 'connector[traces]', or set it to off"
        )
        can_trace(wanted("http://x/v1/traces"))

    def test_nothing_of_it_is_loaded_while_it_is_off(self):
        program = (
            "import sys\n"
            "import connector.web.assembly, connector.cli.worker, connector.cli.web\n"
            "print([each for each in sys.modules if each.startswith('opentelemetry')])"
        )

        told = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        )

        assert told.stdout == "[]\n"


@pytest.mark.parametrize("status", [200, 503])
def test_a_collector_hears_of_a_callback_and_of_nobodys_number(status):
    with Collector(status) as collector:
        receipts = open_receipts(wanted(collector.url), Clock())
        assert receipts
        receipts(callback(x_request_id="7f3a"), 204)
        receipts.close()

    [span] = collector.spans[:1]
    place = place_of(callback(x_request_id="7f3a"))
    assert (span.trace_id.hex(), span.span_id.hex()) == (
        f"{place.trace:032x}",
        f"{place.receipt:016x}",
    )
    assert span.end_time_unix_nano - span.start_time_unix_nano == 1_000_000_000
    assert PHONE not in str(span)
    assert "token" not in str(span)


def test_nobody_who_listens_holds_nothing_up():
    receipts = open_receipts(wanted("http://127.0.0.1:9/v1/traces"), Clock())
    assert receipts
    receipts(callback(), 204)

    receipts.close()


def test_a_fault_of_it_is_no_fault_of_the_callback(caplog):
    class Broken(Spans):
        def __init__(self):
            """Nothing of the real one is needed."""

        def receipt(self, *_arguments):
            raise ZeroDivisionError

    receipts = Receipts(Broken(), Clock())
    receipts(callback(), 204)
    receipts(callback(), 204)

    assert caplog.messages == ["traces.failed"]


def test_the_log_says_no_more_than_before(store, caplog):
    caplog.set_level(logging.INFO)
    with Collector() as collector, following(wanted(collector.url), store):
        record = RecordRef("Contact", "003000000000001AAA")
        trail.tell_answered([Outcome(change=change(record), verdict=Verdict.WRITTEN)])

    assert not caplog.messages
    assert not trail.log.handlers
    assert not trail.log.isEnabledFor(logging.DEBUG)


class TestFollower:
    def test_a_fault_of_it_is_no_fault_of_the_pipeline(self, store, caplog):
        exporter = InMemorySpanExporter()
        follower = Follower(Spans(exporter, role="worker"), store)
        store.close()
        follower.begin()
        trail.log.debug("no such step")
        follower.close()

        assert "traces.failed" in caplog.messages
