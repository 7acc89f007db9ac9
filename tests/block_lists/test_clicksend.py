"""ClickSend's opt-out list, against a server written from "Lists" and "Contacts" of v3."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from connector.block_lists.base import Listed
from connector.rest.errors import BusyError, RefusedError
from tests.block_lists.conftest import whole
from tests.rest.server import Api, Fault, demand


ALEX, KIM = "+447700900456", "+447700900457"
PATH = "/v3/lists/428/contacts"
LOGIN = "Basic " + base64.b64encode(b"ann:key").decode()


class ContactList(Api):
    """A contact list; `paged` shows `data` as the older pages of the documentation do."""

    def __init__(self, clock, *, paged):
        super().__init__()
        self.clock = clock
        self.paged = paged
        self.contacts = []

    def answer(self, asked):
        demand(asked.headers.get("authorization") == LOGIN, 401, said("UNAUTHORIZED"))
        if (asked.method, asked.path) == ("GET", PATH):
            return 200, said("SUCCESS", self.listing(asked.query))
        if (asked.method, asked.path) == ("POST", PATH):
            document = asked.document
            demand({"phone_number", "custom_1"} <= set(document), 400, said("BAD_REQUEST"))
            demand(document["phone_number"].startswith("+"), 400, said("BAD_REQUEST"))
            return 200, said("SUCCESS", self.add(document["phone_number"]))
        demand(asked.method == "DELETE" and asked.path.startswith(f"{PATH}/"), 404)
        number = int(asked.path.rpartition("/")[2])
        demand(number in {each["contact_id"] for each in self.contacts}, 404, said("NOT_FOUND"))
        self.contacts = [each for each in self.contacts if each["contact_id"] != number]
        return 200, said("SUCCESS")

    def add(self, phone):
        at = str(int(self.clock().timestamp()))
        contact = {
            "contact_id": 552786 + len(self.asked) + len(self.contacts),
            "list_id": 428,
            "phone_number": phone,
            "date_added": at,
            "date_updated": at,
            "email": None,
        }
        self.contacts.append(contact)
        return contact

    def listing(self, query):
        page, limit = int(query["page"]), int(query["limit"])
        since = int(query.get("updated_after", 0))
        found = [each for each in self.contacts if int(each["date_updated"]) > since]
        part = found[(page - 1) * limit : page * limit]
        last = max(-(-len(found) // limit), 1)
        return {"current_page": page, "last_page": last, "data": part} if self.paged else part


def said(word, data=None):
    return {"http_code": 200, "response_code": word, "response_msg": "", "data": data}


@pytest.fixture(params=[False, True], ids=["list", "paged"])
def api(clock, request):
    return ContactList(clock, paged=request.param)


@pytest.fixture
def found(api, opened):
    return opened("clicksend", api, username="ann", api_key="key", list_id="428")


def test_adds_finds_and_removes(api, found):
    added = found.add([ALEX, KIM])
    there = found.find([ALEX, KIM])
    removed = found.remove([ALEX, "+447700900999"])

    assert added.taken == there == {ALEX, KIM}
    assert removed.taken == {ALEX, "+447700900999"}
    assert [each["phone_number"] for each in api.contacts] == [KIM]


def test_all_contacts_with_a_number_are_removed(api, found):
    found.add([ALEX])
    found.add([ALEX])

    found.remove([ALEX])

    assert api.contacts == []


@pytest.mark.parametrize("amount", [0, 1, 100, 101])
def test_lists_every_page(api, found, amount):
    for number in range(amount):
        api.add(f"+44770090{number:04}")

    assert len(whole(found)) == amount


def test_tells_since_when_and_asks_for_what_is_new(api, clock, found):
    api.add(ALEX)
    at = datetime.fromtimestamp(int(clock().timestamp()), UTC)
    clock.advance(hours=1)
    api.add(KIM)

    assert whole(found)[0] == Listed(phone=ALEX, at=at)
    assert [each.phone for each in whole(found, at + timedelta(minutes=1))] == [KIM]


def test_a_refused_number_is_told(found):
    outcome = found.add(["0770", ALEX])

    assert outcome.taken == {ALEX}
    assert outcome.refused == {"0770": "answered 400: BAD_REQUEST"}


def test_success_of_http_is_not_enough(api, found):
    api.faults.append(Fault(200, said("INVALID_RECIPIENT")))

    assert list(found.add([ALEX]).refused) == [ALEX]


def test_trouble_with_the_second_leaves_it_untried(api, found):
    api.faults.extend([Fault(200, said("SUCCESS")), Fault(429)])

    outcome = found.add([ALEX, KIM])

    assert outcome.taken == {ALEX}
    assert outcome.refused == {}
    assert isinstance(outcome.trouble, BusyError)


def test_wrong_credentials_are_told(api, opened):
    found = opened("clicksend", api, username="ann", api_key="other", list_id="428")

    with pytest.raises(RefusedError, match="answered 401: UNAUTHORIZED"):
        found.page(None, "")
