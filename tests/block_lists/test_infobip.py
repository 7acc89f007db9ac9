"""Infobip's block list, against a server written from its OpenAPI document."""

from datetime import UTC, datetime, timedelta

import pytest

from connector.block_lists.base import Listed
from connector.rest.errors import BusyError, RefusedError
from tests.block_lists.conftest import whole
from tests.rest.server import Api, Fault, demand


ALEX, KIM = "+447700900456", "+447700900457"
AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
PATH = "/platform/1/blocklists"
FILTERS = {
    *("sender", "destination", "channel", "sourceType", "accountKey", "campaign"),
    *("getAllAccountKeysBlocklists", "createdDateFrom", "createdDateTo", "page", "size"),
}


class Blocklists(Api):
    """Entries; additions and removals are taken, and made when `work` is called."""

    def __init__(self):
        super().__init__()
        self.entries = []
        self.waiting = []

    def answer(self, asked):
        demand(asked.path == PATH, 404)
        demand(asked.headers.get("authorization") == "App key", 401, refusal("UNAUTHORIZED"))
        if asked.method == "GET":
            return 200, self.listing(asked.query)
        for entry in asked.document["blocklist"]:
            self.check(asked.method, entry)
            self.waiting.append((asked.method, entry))
        return 202, None

    def check(self, method, entry):
        allowed = {"destinations", "sender", "channel", "accountKey"}
        allowed |= {"sourceType"} if method == "DELETE" else set()
        ends = entry.get("destinations", ())
        good = set(entry) <= allowed and 0 < len(ends) <= 50_000
        good = good and all(
            set(each) == {"to"} and 1 <= len(each["to"]) <= 255 for each in ends
        )
        demand(good and entry.get("channel") in {None, "SMS", "EMAIL", "MMS"}, 400, refusal())

    def work(self):
        for method, entry in self.waiting:
            for end in entry["destinations"]:
                own = {
                    "destination": end["to"],
                    **{name: entry[name] for name in ("sender", "channel") if name in entry},
                    "sourceType": entry.get("sourceType", "CUSTOM"),
                }
                if method == "POST" and own not in map(undated, self.entries):
                    self.entries.append({**own, "createdDate": "2026-11-20T09:30:00.000Z"})
                elif method == "DELETE":
                    kept = [each for each in self.entries if undated(each) != own]
                    self.entries = kept
        self.waiting.clear()

    def listing(self, query):
        demand(set(query) <= FILTERS, 400, refusal())
        demand(("createdDateFrom" in query) == ("createdDateTo" in query), 400, refusal())
        page, size = int(query.get("page", 0)), int(query.get("size", 100))
        demand(1 <= size <= 1000, 400, refusal())
        found = [
            entry
            for entry in self.entries
            if query.get("destination") in {None, entry["destination"]}
            and query.get("createdDateFrom", "") <= entry["createdDate"]
            and entry["createdDate"] <= query.get("createdDateTo", "9999")
        ]
        pages = -(-len(found) // size)
        paging = {"page": page, "size": size, "totalPages": pages, "totalResults": len(found)}
        return {"results": found[page * size : (page + 1) * size], "paging": paging}


def undated(entry):
    return {name: value for name, value in entry.items() if name != "createdDate"}


def refusal(word="BAD_REQUEST"):
    return {"requestError": {"serviceException": {"messageId": word, "text": "no"}}}


@pytest.fixture
def api():
    return Blocklists()


@pytest.fixture
def found(api, opened):
    return opened("infobip", api, api_key="key")


def test_adds_finds_and_removes(api, found):
    found.add([ALEX, KIM])
    before = found.find([ALEX, KIM])
    api.work()
    after = found.find([ALEX, KIM])
    found.remove([ALEX])
    api.work()

    assert (before, after) == (set(), {ALEX, KIM})
    assert [entry["destination"] for entry in api.entries] == ["447700900457"]


def test_what_the_gateway_blocked_by_itself_is_not_taken_off(api, found):
    own = {"destination": "447700900456", "channel": "SMS", "sourceType": "MO"}
    api.entries.append({**own, "createdDate": "2026-11-20T09:30:00.000Z"})

    found.remove([ALEX])
    api.work()

    assert found.find([ALEX]) == {ALEX}


def test_lists_every_page_of_its_channel(api, found):
    for number in range(1001):
        api.entries.append(
            {
                "destination": f"44770090{number:04}",
                "sourceType": "MO",
                "channel": "EMAIL" if number == 7 else "SMS",
                "createdDate": "2026-11-20T09:30:00.000Z",
            }
        )
    api.entries.append(
        {"destination": "jane@example.com", "createdDate": "2026-11-20T09:30:00.000Z"}
    )

    entries = whole(found)

    assert len(entries) == 1000
    assert entries[0] == Listed(phone="+447700900000", at=AT)
    assert len(api.asked) == 2


def test_asks_for_what_came_since(api, found):
    found.add([ALEX])
    api.work()

    assert [entry.phone for entry in whole(found, AT - timedelta(hours=1))] == [ALEX]
    assert whole(found, AT + timedelta(hours=1)) == []


def test_a_list_of_one_sender_says_so(api, opened):
    found = opened("infobip", api, api_key="key", sender="ACME", channel="SMS")

    found.add([ALEX])
    api.work()

    assert undated(api.entries[0])["sender"] == "ACME"
    assert found.find([ALEX]) == {ALEX}


def test_one_wrong_number_keeps_no_other_away(api, found):
    outcome = found.add([ALEX, "", KIM])
    api.work()

    assert outcome.taken == {ALEX, KIM}
    assert outcome.refused == {"": "answered 400: BAD_REQUEST"}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_waits_when_it_is_busy(api, found, status):
    api.faults.append(Fault(status, refusal()))

    with pytest.raises(BusyError, match=str(status)):
        found.add([ALEX])


def test_wrong_credentials_are_told(api, opened):
    found = opened("infobip", api, api_key="other")

    with pytest.raises(RefusedError, match="answered 401: UNAUTHORIZED"):
        found.add([ALEX])
