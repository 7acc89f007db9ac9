"""Log lines: readable by machines, and without numbers or secrets."""

import io
import json
import logging
import sys
from datetime import UTC, datetime

import pytest

from connector import logs
from connector.domain.errors import ConfigurationError, StoreUnavailableError


#: Made up; long enough to be masked wherever it turns up.
TOKEN = "t0k3n-of-nobody"


@pytest.fixture
def root():
    """The root logger, as it was afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    logging.basicConfig(handlers=handlers, level=level, force=True)
    logging.captureWarnings(capture=False)


@pytest.fixture
def lines(root):
    """What was logged since the fixture was asked for, as JSON lines."""
    stream = io.StringIO()
    root.handlers = []
    logs.setup(level="info", format="json", secrets=[TOKEN], stream=stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def record(message, **fields):
    made = logging.makeLogRecord(
        {"msg": message, "levelname": "INFO", "name": "test", **fields}
    )
    made.created = datetime(2026, 11, 23, 12, 30, tzinfo=UTC).timestamp()
    return made


def fail(error):
    raise error


class TestMask:
    @pytest.mark.parametrize(
        "phone,masked",
        [
            ("+358401234567", "+35840•••4567"),
            ("+12025550123", "+1202•••0123"),
            ("+123456789012345", "+12345•••2345"),
            ("+4477009", "+•••7009"),
            ("+447700", "•••"),
            ("", "•••"),
        ],
    )
    def test_keeps_the_beginning_and_four_digits(self, phone, masked):
        assert logs.mask(phone) == masked


class TestJson:
    def test_a_line_has_time_level_event_logger_and_fields(self, lines):
        logging.getLogger("connector.test").warning("org unavailable", extra={"records": 3})

        (line,) = lines()
        assert datetime.fromisoformat(line.pop("time")).tzinfo == UTC
        assert line == {
            "level": "warning",
            "event": "org unavailable",
            "logger": "connector.test",
            "records": 3,
        }

    def test_a_field_cannot_pass_for_one_of_ours(self, lines):
        logging.getLogger("test").info("kept", extra={"level": "error", "time": "never"})

        (line,) = lines()
        assert (line["level"], line["level_"], line["time_"]) == ("info", "error", "never")

    def test_a_line_stays_one_line(self, lines):
        logging.getLogger("test").info("kept", extra={"gateway": "a\nb"})

        assert [line["gateway"] for line in lines()] == ["a\nb"]

    def test_a_field_is_cut_at_its_limit(self, lines):
        logging.getLogger("test").info("kept", extra={"reason": "x" * 5000})

        assert len(lines()[0]["reason"]) == logs.LONGEST_FIELD

    def test_below_the_level_nothing_is_written(self, lines):
        logging.getLogger("test").debug("kept")

        assert lines() == []

    def test_an_error_keeps_its_traceback(self, lines):
        try:
            fail(ConfigurationError(f"{TOKEN} of +12025550123"))
        except ConfigurationError:
            logging.getLogger("test").exception("job failed")

        (line,) = lines()
        assert "test_logs.py" in line["traceback"]
        assert line["traceback"].endswith("ConfigurationError: *** of +1202•••0123")

    def test_what_an_error_of_others_says_is_not_logged(self, lines):
        written = "please stop, I am ill"
        try:
            try:
                int(written)
            except ValueError as error:
                raise StoreUnavailableError("not now") from error
        except StoreUnavailableError:
            logging.getLogger("test").exception("job failed")

        (line,) = lines()
        first, _, last = line["traceback"].partition("which led to:")
        assert written not in line["traceback"]
        assert first.strip().endswith("ValueError")
        assert last.endswith("StoreUnavailableError: not now")


class TestRedaction:
    @pytest.mark.parametrize(
        "text,written",
        [
            ("to=+12025550123", "to=+1202•••0123"),
            ("to=%2B12025550123&x=1", "to=%2B120•••0123&x=1"),
            ("+1 (202) 555-0123.", "+1202•••0123."),
            ("447700900123", "44770•••0123"),
            ("2025550123 said STOP", "202•••0123 said STOP"),
            ("003000000000001AAA", "003000000000001AAA"),
            ("12345678", "12345678"),
            ("2026-11-23T10:00:00.000000+00:00", "2026-11-23T10:00:00.000000+00:00"),
            ("6ba7b810-9dad-11d1-80b4-001122334455", "6ba7b810-9dad-11d1-80b4-001122334455"),
            (f"Bearer {TOKEN}", "Bearer ***"),
        ],
    )
    def test_masks_numbers_and_secrets_only(self, lines, text, written):
        logging.getLogger("test").info("kept", extra={"seen": text, "more": {"in": [text]}})

        (line,) = lines()
        assert line["seen"] == written
        assert line["more"] == {"in": [written]}

    def test_masks_the_message_and_its_arguments(self, lines):
        logging.getLogger("test").info("a library says %s", "+12025550123")

        assert lines()[0]["event"] == "a library says +1202•••0123"

    def test_masks_each_line_of_a_long_secret(self):
        redactor = logs.Redactor(["first line\nsecond line\n"])

        assert redactor.text("second line, first") == "***, first"

    def test_leaves_counts_alone(self, lines):
        logging.getLogger("test").info("kept", extra={"rows": 12_025_550_123, "idle": None})

        (line,) = lines()
        assert (line["rows"], line["idle"]) == (12_025_550_123, None)


class TestText:
    def test_is_short(self):
        line = logs.TextFormatter(logs.Redactor()).format(record("kept", rows=3))

        assert line == "12:30:00 info    kept rows=3"

    def test_cannot_steer_the_terminal(self):
        line = logs.TextFormatter(logs.Redactor()).format(record("kept", agent="a\x1b[2J\nb"))

        assert line.endswith("agent=a\\x1b[2J\\x0ab")

    def test_shows_a_traceback_on_lines_of_its_own(self):
        try:
            int("wrong")
        except ValueError:
            failed = record("job failed", exc_info=sys.exc_info())

        line = logs.TextFormatter(logs.Redactor()).format(failed)
        assert line.endswith("\nValueError")


@pytest.mark.parametrize(
    "chosen,kind", [("auto", logs.JsonFormatter), ("text", logs.TextFormatter)]
)
def test_a_stream_that_is_no_terminal_gets_json_unless_told(root, chosen, kind):
    logs.setup(format=chosen, stream=io.StringIO())

    assert isinstance(root.handlers[0].formatter, kind)
