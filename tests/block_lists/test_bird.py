"""Bird's suppressions, against a server written from its OpenAPI document."""

from datetime import UTC, datetime, timedelta

import pytest

from connector.block_lists.base import Listed
from connector.rest.errors import BusyError
from tests.block_lists.conftest import whole
from tests.rest.server import Api, Fault, demand


ALEX, KIM = "+447700900456", "+447700900457"
ONE, OTHER = "+447700900111", "ACME"
PATH = "/v1/sms/suppressions"
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class Suppressions(Api):
    """The suppressions of a workspace."""

    def __init__(self):
        super().__init__()
        self.rows = []
        self.keys = set()

    def answer(self, asked):
        demand(asked.headers.get("authorization") == "Bearer bk_eu1_key", 401, error("auth"))
        if asked.method == "POST" and asked.path == PATH:
            return self.create(asked)
        if asked.method == "GET" and asked.path == PATH:
            return 200, self.listing(asked.query)
        if asked.method == "DELETE" and asked.path.startswith(f"{PATH}/"):
            return self.end(asked.path.rpartition("/")[2])
        raise Fault(404, error("not_found_error"))

    def create(self, asked):
        key = asked.headers.get("idempotency-key", "")
        demand(len(key) <= 255 and key not in self.keys, 409, error("conflict_error"))
        self.keys.add(key)
        document = asked.document
        demand(set(document) == {"destination", "originator"}, 422, error("validation_error"))
        demand(2 <= len(document["destination"]) <= 20, 422, error("validation_error"))
        for row in self.rows:
            if {**row, **document} == row and row["reason"] == "manual":
                return 200, row
        return 201, self.add(**document, reason="manual")

    def add(self, **values):
        number = len(self.rows)
        name = "".join(ALPHABET[number // 32**place % 32] for place in range(26))
        row = {
            "id": f"ssu_{name}",
            "origin": "api_key",
            "applies_to": "all",
            "blocking": True,
            "effective_at": "2026-11-20T09:30:00Z",
            "created_at": "2026-11-20T09:31:00Z",
            "last_asserted_at": "2026-11-20T09:31:00Z",
            **values,
        }
        self.rows.append(row)
        return row

    def listing(self, query):
        allowed = {"destination", "originator", "reason", "limit", "starting_after"}
        demand(set(query) <= allowed, 422, error("validation_error"))
        limit = int(query.get("limit", 25))
        demand(1 <= limit <= 100, 422, error("validation_error"))
        wanted = query.get("destination")
        found = [row for row in self.rows if wanted in {None, row["destination"]}]
        start = int(query.get("starting_after", 0))
        more = start + limit < len(found)
        return {
            "data": found[start : start + limit],
            "next_cursor": str(start + limit) if more else None,
            "prev_cursor": None,
            "refresh_cursor": None,
        }

    def end(self, name):
        found = [row for row in self.rows if row["id"] == name]
        demand(found, 404, error("not_found_error"))
        demand(found[0]["reason"] == "manual", 422, error("validation_error"))
        self.rows.remove(found[0])
        return 204, None


def error(kind):
    return {"error": {"type": kind, "code": "E01001", "name": "no", "message": "no"}}


@pytest.fixture
def api():
    return Suppressions()


@pytest.fixture
def found(api, opened):
    return opened("bird", api, api_key="bk_eu1_key", originators=f"{ONE} {OTHER}")


def test_adds_finds_and_removes_for_every_sender(api, found):
    added = found.add([ALEX, KIM])
    again = found.add([ALEX])
    there = found.find([ALEX, KIM])
    removed = found.remove([KIM])

    assert added.taken == there == {ALEX, KIM}
    assert again.taken == {ALEX}
    assert removed.taken == {KIM}
    assert {(row["destination"], row["originator"]) for row in api.rows} == {
        (ALEX, ONE),
        (ALEX, OTHER),
    }


def test_it_is_there_only_when_no_sender_is_missing(api, found):
    api.add(destination=ALEX, originator=ONE, reason="keyword_stop")

    assert found.find([ALEX]) == set()


def test_what_the_person_said_is_not_taken_off(api, found):
    api.add(destination=ALEX, originator=ONE, reason="keyword_stop")
    found.add([ALEX])

    outcome = found.remove([ALEX])

    assert outcome.taken == {ALEX}
    assert [row["reason"] for row in api.rows] == ["keyword_stop"]


def test_lists_every_page_with_the_time_of_the_opt_out(api, found):
    for number in range(201):
        api.add(destination=f"+44770090{number:04}", originator=ONE, reason="manual")

    entries = whole(found)

    assert len(entries) == 201
    at = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert entries[0] == Listed(phone="+447700900000", at=at)


def test_a_refused_number_is_told(found):
    outcome = found.add([ALEX, "+"])

    assert outcome.taken == {ALEX}
    assert outcome.refused == {"+": "answered 422: E01001"}


def test_waits_when_it_is_told_to(api, found):
    api.faults.append(Fault(429, error("rate_limit_error"), Retry_After="35"))

    outcome = found.add([ALEX])

    assert isinstance(outcome.trouble, BusyError)
    assert outcome.trouble.wait == timedelta(seconds=35)
