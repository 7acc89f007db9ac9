"""Telnyx' opt-outs, against a server written from "List opt-outs"."""

from datetime import UTC, datetime

import pytest

from connector.block_lists.base import Listed
from connector.domain.errors import ConfigurationError
from connector.rest.errors import RefusedError
from tests.block_lists.conftest import whole
from tests.rest.server import Api, demand


AT = datetime(2025, 4, 28, 12, 0, 38, 631252, tzinfo=UTC)
QUERY = {
    *("page[number]", "page[size]", "redaction_enabled"),
    *("filter[messaging_profile_id]", "filter[from]", "created_at[gte]", "created_at[lte]"),
}


class OptOuts(Api):
    """The opt-outs of an account; all numbers are redacted unless told otherwise."""

    def __init__(self):
        super().__init__()
        self.rows = []

    def add(self, to, at="2025-04-28 12:00:38.631252+00:00", profile="p1"):
        row = {"from": "+447700900111", "to": to, "messaging_profile_id": profile}
        self.rows.append({**row, "keyword": "STOP", "created_at": at})

    def answer(self, asked):
        demand((asked.method, asked.path) == ("GET", "/v2/messaging_optouts"), 404)
        demand(asked.headers.get("authorization") == "Bearer KEY", 401)
        query = asked.query
        demand(set(query) <= QUERY, 400)
        page, size = int(query["page[number]"]), int(query["page[size]"])
        demand(page >= 1 and 1 <= size <= 250, 400)
        profile = query.get("filter[messaging_profile_id]")
        since = datetime.fromisoformat(query.get("created_at[gte]", "2000-01-01T00:00:00Z"))
        found = [
            row
            for row in self.rows
            if profile in {None, row["messaging_profile_id"]}
            and datetime.fromisoformat(row["created_at"]) >= since
        ]
        if query.get("redaction_enabled") != "false":
            found = [{**row, "to": row["to"][:-4] + "****"} for row in found]
        meta = {"page_number": page, "page_size": size, "total_results": len(found)}
        meta["total_pages"] = -(-len(found) // size)
        return 200, {"data": found[(page - 1) * size : page * size], "meta": meta}


@pytest.fixture
def api():
    return OptOuts()


@pytest.fixture
def found(api, opened):
    return opened("telnyx", api, api_key="KEY")


@pytest.mark.parametrize("amount", [0, 1, 250, 251])
def test_lists_every_page(api, found, amount):
    for number in range(amount):
        api.add(f"+44770090{number:04}")

    assert len(whole(found)) == amount


def test_tells_who_and_since_when(api, found):
    api.add("+447700900456")

    assert whole(found) == [Listed(phone="+447700900456", at=AT)]


def test_asks_for_one_profile_and_for_what_is_new(api, opened):
    found = opened("telnyx", api, api_key="KEY", profile_id="p2")
    api.add("+447700900456")
    api.add("+447700900457", profile="p2")
    api.add("+447700900458", at="2026-04-28 12:00:38+00:00", profile="p2")

    entries = whole(found, datetime(2026, 1, 1, tzinfo=UTC))

    assert [entry.phone for entry in entries] == ["+447700900458"]


def test_the_other_field_can_be_read(api, opened):
    found = opened("telnyx", api, api_key="KEY", number_field="from")
    api.add("12345")

    assert [entry.phone for entry in whole(found)] == ["+447700900111"]


def test_numbers_that_are_not_whole_are_refused(api, found):
    api.add("+4477009****")

    with pytest.raises(RefusedError, match="no whole numbers"):
        whole(found)


def test_wrong_credentials_are_told(api, opened):
    with pytest.raises(RefusedError, match="answered 401"):
        whole(opened("telnyx", api, api_key="other"))


def test_a_field_that_does_not_exist_is_refused(api, opened):
    with pytest.raises(ConfigurationError, match="NUMBER_FIELD must be to or from"):
        opened("telnyx", api, api_key="KEY", number_field="sender")
