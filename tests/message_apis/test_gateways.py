"""What each gateway's API says becomes the same events as its callbacks."""

from datetime import UTC, datetime, timedelta

import pytest

from connector import message_apis
from connector.domain.delivery import DeliveryStatus, Reason
from connector.rest.errors import BusyError, RefusedError
from tests.message_apis.conftest import UNTIL, whole
from tests.message_apis.servers import ALEX, KIM, SERVERS, US, broken
from tests.rest.server import Fault


SENT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
#: The others can only be asked for what went out.
ANY_WAY = sorted(set(SERVERS) - {"infobip", "sinch", "vonage"})
LISTING = sorted(set(SERVERS) - {"telnyx"})
SECRETS = {"api_key", "auth_token", "api_secret", "password", "api_token", "access_key"}
#: Those that tell when a message arrived (Sinch with its recipient only), and what it cost.
TIMED = set(SERVERS) - {"plivo", "bandwidth", "sinch"}
PRICED = set(SERVERS) - {"bandwidth", "sinch"}


@pytest.fixture(params=sorted(SERVERS))
def name(request):
    return request.param


@pytest.fixture
def server(name):
    return SERVERS[name][0]()


@pytest.fixture
def api(name, server, opened):
    return opened(name, server, **SERVERS[name][1])


@pytest.fixture
def ids(name):
    shape = SERVERS[name][2]
    return [shape.format(number) for number in "123"]


def test_every_gateway_with_an_api_is_here():
    assert set(message_apis.installed()) == set(SERVERS)


def test_tells_the_end_of_a_message(name, api, ids):
    (event,) = api.ask(ids[:1])

    assert (event.gateway, event.message_id) == (name, ids[0])
    assert event.status is DeliveryStatus.DELIVERED
    assert event.recipient == ("" if name == "sinch" else ALEX)
    assert event.error_code == ""
    assert event.occurred_at == (SENT + timedelta(seconds=5) if name in TIMED else None)
    assert (event.cost > 0, bool(event.currency)) == (name in PRICED, name in PRICED)


def test_reads_failures_by_the_tables_of_the_callbacks(name, api, ids):
    (event,) = api.ask(ids[1:2])

    good = {Reason.INVALID_NUMBER} if name != "sinch" else {Reason.UNREACHABLE}
    assert event.status in {DeliveryStatus.FAILED, DeliveryStatus.UNDELIVERED}
    assert event.reason in good


def test_says_nothing_of_a_message_that_it_does_not_have(api, ids):
    assert list(api.ask(ids[2:])) == []


@pytest.mark.parametrize("name", LISTING, indirect=True)
def test_lists_what_was_sent(name, api, server, ids):
    server.rows.append(server.row("3", KIM, arrived=True))

    events = whole(api)

    listed = [event for event in events if "aaaa" not in event.message_id]
    assert [event.message_id for event in listed] == ids
    assert [event.recipient for event in listed] == [ALEX, KIM, KIM]
    assert {event.sent_at for event in listed} == {None if name == "sinch" else SENT}


@pytest.mark.parametrize("name", LISTING, indirect=True)
def test_goes_through_all_pages(api, server):
    server.size = 2
    numbers = [str(number) for number in range(10, 260)]
    server.rows += [server.row(number, KIM, arrived=True) for number in numbers]

    events = whole(api)

    assert len({event.message_id for event in events}) >= 252


def test_wrong_credentials_are_told(name, server, opened, ids):
    values = SERVERS[name][1]
    (secret,) = SECRETS & set(values) - ({"api_key"} if name == "vonage" else set())
    api = opened(name, server, **{**values, secret: "wrong"})

    with pytest.raises(RefusedError, match="answered 401") as caught:
        list(api.ask(ids[:1]))

    assert caught.value.about_credentials
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_waits_when_it_is_busy(api, server, ids, status):
    server.faults.append(Fault(status, None, Retry_After="7"))

    with pytest.raises(BusyError, match=str(status)) as caught:
        list(api.ask(ids[:1]))

    assert caught.value.wait == timedelta(seconds=7)


def test_half_an_answer_is_none(api, server, ids):
    server.faults.append(Fault(200, broken(server.rows[0])))

    with pytest.raises(RefusedError, match="no JSON"):
        list(api.ask(ids[:1]))


@pytest.mark.parametrize("document", [[], {}, {"results": 1}, {"data": []}, "text", None])
def test_another_shape_claims_nothing(api, server, ids, document):
    server.faults.append(Fault(200, document))

    try:
        events = list(api.ask(ids[:1]))
    except RefusedError:
        events = []

    assert events == []


@pytest.mark.parametrize("name", LISTING, indirect=True)
def test_one_record_that_cannot_be_read_keeps_no_other_away(api, server, ids):
    server.rows.insert(1, {**server.rows[0], **dict.fromkeys(server.rows[0])})
    server.size = 100
    for name in ("date_received", "receiveTime"):
        if name in server.rows[0]:
            server.rows[1][name] = server.rows[0][name]

    found = {event.message_id for event in whole(api)}

    assert set(ids[:2]) <= found


@pytest.mark.parametrize("name", ANY_WAY, indirect=True)
def test_messages_that_came_in_are_left_out(name, api, server, ids):
    row = server.rows[0]
    for field in ("direction", "message_direction", "messageDirection"):
        if field in row:
            row[field] = {"messagebird": "mo", "bandwidth": "INBOUND"}.get(name, "inbound")

    assert list(api.ask(ids[:1])) == []


def test_the_sender_is_told_where_it_is_known(name, api, ids):
    (event,) = api.ask(ids[:1])

    expected = {"infobip": "ACME", "sinch": ""}
    assert event.sender == expected.get(name, US)


def test_a_range_with_too_many_messages_is_cut(opened):
    server_type, values, _ = SERVERS["bandwidth"]
    server = server_type()
    server.many = 10_001
    api = opened("bandwidth", server, **values)

    events = whole(api, UNTIL - timedelta(hours=40), UNTIL - timedelta(hours=36))

    assert len(events) == 2
    asked = {
        datetime.fromisoformat(each.query["toDateTime"])
        - datetime.fromisoformat(each.query["fromDateTime"])
        for each in server.asked
    }
    assert min(asked) == timedelta(minutes=15)


def test_an_id_of_the_messages_api_is_looked_for_there(opened):
    server_type, values, _ = SERVERS["vonage"]
    server = server_type()
    api = opened("vonage", server, **values)

    (event,) = api.ask(["aaaaaaaa-bbbb-cccc-dddd-000000000001"])

    assert (event.status, event.error_code) == (DeliveryStatus.REJECTED, "1240")
    assert event.reason is Reason.OPTED_OUT


def test_a_message_of_a_batch_is_asked_for_by_its_recipient(opened):
    server_type, values, _ = SERVERS["sinch"]
    server = server_type()
    api = opened("sinch", server, **values)

    (event,) = api.ask([f"01FC1/{ALEX}"])

    assert (event.message_id, event.recipient) == ("01FC1", ALEX)
    assert event.occurred_at == SENT + timedelta(seconds=5)
    assert server.asked[-1].path.endswith("/delivery_report/447700900456")


def test_recipients_that_share_an_id_claim_nothing(opened):
    server_type, values, _ = SERVERS["messagebird"]
    server = server_type()
    server.rows[0]["recipients"]["items"] *= 2
    api = opened("messagebird", server, **values)

    assert list(api.ask(["7d841"])) == []
