"""A group at Sinch, against a server written from "Groups" of the SMS API."""

import re

import pytest

from connector.block_lists.base import Listed
from connector.rest.errors import BusyError, RefusedError
from tests.block_lists.conftest import whole
from tests.rest.server import Api, Fault, demand


ALEX, KIM, SAM = "+447700900456", "+447700900457", "+447700900458"
PATH = "/xms/v1/plan/groups/01FC66621VHDBN119Z8PMV1QPQ"
ALLOWED = {"add", "remove", "name", "auto_update", "add_from_group", "remove_from_group"}


class Group(Api):
    """One group, which some numbers are in already, with and without a plus."""

    def __init__(self):
        super().__init__()
        self.members = set()

    def answer(self, asked):
        demand(asked.headers.get("authorization") == "Bearer token", 401)
        if (asked.method, asked.target) == ("GET", f"{PATH}/members"):
            return 200, sorted(self.members)
        demand((asked.method, asked.target) == ("POST", PATH), 404)
        document = asked.document
        demand(set(document) <= ALLOWED, 400, {"code": "syntax_invalid_json", "text": "no"})
        every = [*document.get("add", ()), *document.get("remove", ())]
        fits = (
            all(re.fullmatch(r"\+?\d{7,15}", each) for each in every) and len(every) <= 10_000
        )
        demand(fits, 400, {"code": "syntax_invalid_parameter_format", "text": "no"})
        self.members |= set(document.get("add", ()))
        self.members -= set(document.get("remove", ()))
        return 200, {"id": "01FC66621VHDBN119Z8PMV1QPQ", "size": len(self.members)}


@pytest.fixture
def api():
    return Group()


@pytest.fixture
def found(api, opened):
    group = "01FC66621VHDBN119Z8PMV1QPQ"
    return opened("sinch", api, service_plan_id="plan", api_token="token", group_id=group)


def test_adds_finds_and_removes(api, found):
    api.members.add("447700900458")

    added = found.add([ALEX, KIM])
    there = found.find([ALEX, KIM, SAM])
    found.remove([ALEX])

    assert added.taken == {ALEX, KIM}
    assert there == {ALEX, KIM, SAM}
    assert api.members == {KIM, "447700900458"}


def test_lists_its_members_without_a_time(api, found):
    api.members |= {"447700900457", ALEX}

    assert whole(found) == [Listed(phone=ALEX), Listed(phone=KIM)]


def test_one_wrong_number_keeps_no_other_away(api, found):
    outcome = found.add([ALEX, "no"])

    assert api.members == outcome.taken == {ALEX}
    assert outcome.refused == {"no": "answered 400: syntax_invalid_parameter_format"}


def test_wrong_credentials_are_told(api, opened):
    keys = {"service_plan_id": "plan", "group_id": "g"}
    found = opened("sinch", api, api_token="other", **keys)

    with pytest.raises(RefusedError, match="answered 401"):
        found.add([ALEX])


def test_another_shape_is_refused(api, found):
    api.faults.append(Fault(200, {"members": []}))

    with pytest.raises(RefusedError, match="another shape"):
        found.find([ALEX])


def test_waits_when_it_is_busy(api, found):
    api.faults.append(Fault(503))

    with pytest.raises(BusyError):
        found.remove([ALEX])
