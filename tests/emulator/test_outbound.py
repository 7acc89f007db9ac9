"""Outbound messages: at least once, in no order, the latest state only, for 24 hours."""

import http.server
import itertools
import threading
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from connector.emulator import OutboundMessage, serve


URL = "https://connector.example.com/outbound/secret"
OUT = "{http://soap.sforce.com/2005/09/outbound}"
SF = "{urn:sobject.enterprise.soap.sforce.com}"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
REPLY = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>{}</Ack>'
    "</notificationsResponse></soapenv:Body></soapenv:Envelope>"
)


class Listener:
    """Stands where the network is: keeps the messages, answers what it is told to."""

    def __init__(self):
        self.status, self.body = 200, REPLY.format("true").encode()
        self.messages = []

    def __call__(self, url, body):
        assert url == URL
        self.messages.append(ET.fromstring(body))  # noqa: S314 - our own
        return self.status, self.body

    def notifications(self, number=-1):
        return self.messages[number].findall(f".//{OUT}Notification")

    def values(self, number=-1):
        """The fields of each record of a message."""
        return [
            {
                field.tag.removeprefix(SF): field.text
                for field in each.findall(f"{OUT}sObject/*")
            }
            for each in self.notifications(number)
        ]


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture
def action(org, listener, contact):
    """Switched on when the contact was there already."""
    assert contact
    org.outbound.post = listener
    message = OutboundMessage(
        object="Contact",
        url=URL,
        fields=("SMS_Opt_Out__c", "Title", "SMS_Status_At__c"),
        on=("SMS_Opt_Out__c",),
    )
    return org.outbound.add(message)


def opt_out(org, contact, *, value=True):
    org.update("Contact", contact, {"SMS_Opt_Out__c": value})


def test_a_change_sends_the_record(org, listener, action, contact):
    opt_out(org, contact)
    taken = org.outbound.deliver()

    message = listener.messages[-1].find(f".//{OUT}notifications")
    (notification,) = listener.notifications()
    record = notification.find(f"{OUT}sObject")
    assert taken == 1
    assert message.findtext(f"{OUT}OrganizationId") == org.id
    assert message.findtext(f"{OUT}ActionId") == action
    assert message.find(f"{OUT}SessionId").get(NIL) == "true"
    assert message.findtext(f"{OUT}PartnerUrl") == (
        f"https://acme.my.salesforce.com/services/Soap/u/66.0/{org.id[:15]}"
    )
    assert notification.findtext(f"{OUT}Id").startswith("04l")
    assert record.get(TYPE) == "sf:Contact"
    assert listener.values() == [{"Id": contact, "SMS_Opt_Out__c": "true"}]


@pytest.mark.usefixtures("action")
def test_other_changes_send_nothing(org, listener, contact):
    org.update("Contact", contact, {"Title": "Boss"})
    org.update("Contact", contact, {"SMS_Opt_Out__c": False})

    assert (org.outbound.deliver(), listener.messages) == (0, [])


@pytest.mark.usefixtures("action")
def test_new_records_and_api_calls_send_too(org, listener, client, contact):
    org.create("Contact", {"LastName": "Stone"})
    record = {"attributes": {"type": "Contact"}, "id": contact, "SMS_Opt_Out__c": True}
    client.update(record)

    assert org.outbound.deliver() == 2
    assert len(listener.notifications()) == 2


@pytest.mark.usefixtures("action")
def test_what_is_rolled_back_is_never_sent(org, client, contact):
    records = [
        {"attributes": {"type": "Contact"}, "id": contact, "SMS_Opt_Out__c": True},
        {"attributes": {"type": "Contact"}, "id": "003xx0000000000AAA"},
    ]

    client.update(*records, allOrNone=True)

    assert org.outbound.pending == 0


@pytest.mark.usefixtures("action")
def test_only_the_latest_state_is_sent(org, listener, contact):
    opt_out(org, contact)
    opt_out(org, contact, value=False)
    fields = {"Title": "Boss & <Co>", "SMS_Status_At__c": "2026-11-23T10:00:00.000Z"}
    org.update("Contact", contact, fields)
    org.outbound.deliver()

    shown = {
        "Id": contact,
        "SMS_Opt_Out__c": "false",
        "Title": "Boss & <Co>",
        "SMS_Status_At__c": "2026-11-23T10:00:00.000Z",
    }
    ids = {each.findtext(f"{OUT}Id") for each in listener.notifications()}
    assert listener.values() == [shown, shown]
    assert len(ids) == 2


@pytest.mark.usefixtures("action")
def test_a_deleted_record_is_a_notification_without_data(org, listener, contact):
    opt_out(org, contact)
    org.delete("Contact", contact)
    org.outbound.deliver()

    assert listener.values() == [{}]


@pytest.mark.usefixtures("action")
def test_a_message_has_a_hundred_notifications_at_most(org, listener):
    org.create_many("Contact", [{"LastName": f"N{n}"} for n in range(250)])
    org.outbound.deliver()

    assert [len(listener.notifications(n)) for n in range(3)] == [100, 100, 50]


@pytest.mark.parametrize(
    "status,body",
    [
        (500, REPLY.format("true")),
        (202, REPLY.format("true")),
        (200, REPLY.format("false")),
        (200, "<Ack>true</Ack>"),
        (200, "true"),
        (200, ""),
        (0, ""),
    ],
)
@pytest.mark.usefixtures("action")
def test_anything_but_a_true_ack_is_tried_again(org, listener, contact, watch, status, body):
    listener.status, listener.body = status, body.encode()
    opt_out(org, contact)
    first = org.outbound.deliver()
    at_once = org.outbound.deliver()
    listener.status, listener.body = 200, REPLY.format("true").encode()
    watch.move(seconds=30)
    later = org.outbound.deliver()

    ids = {attempt.notifications for attempt in org.outbound.attempts}
    assert (first, at_once, later, org.outbound.pending) == (0, 0, 1, 0)
    assert [attempt.acknowledged for attempt in org.outbound.attempts] == [False, True]
    assert len(ids) == 1


@pytest.mark.usefixtures("action")
def test_gaps_double_up_to_two_hours_and_end_after_a_day(org, listener, contact, watch):
    listener.status = 503
    opt_out(org, contact)
    for _ in range(2 * 60 * 26):
        org.outbound.deliver()
        watch.move(seconds=30)

    times = [attempt.at for attempt in org.outbound.attempts]
    gaps = [second - first for first, second in itertools.pairwise(times)]
    assert gaps[:4] == [timedelta(seconds=each) for each in (30, 60, 120, 240)]
    assert max(gaps) == timedelta(hours=2)
    assert times[-1] - times[0] < timedelta(hours=24)
    assert (org.outbound.pending, len(org.outbound.dropped)) == (0, 1)


def test_a_message_that_is_switched_off_sends_nothing(org, action, contact):
    opt_out(org, contact)
    org.outbound.remove(action)

    assert (org.outbound.pending, org.outbound.deliver()) == (0, 0)


def test_a_field_must_exist(org):
    with pytest.raises(ValueError, match="Contact has no field Nope__c"):
        org.outbound.add(OutboundMessage(object="Contact", url=URL, fields=("Nope__c",)))


def test_a_served_org_sends_on_its_own(org, contact, tmp_path):
    got = threading.Event()
    kinds = []

    class Door(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            kinds.append(self.headers["Content-Type"])
            body = REPLY.format("true").encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            got.set()

        def log_message(self, *_arguments):
            """Say nothing."""

    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door) as door,
        serve(org, folder=tmp_path),
    ):
        thread = threading.Thread(target=door.serve_forever, args=(0.02,))
        thread.start()
        url = f"http://127.0.0.1:{door.server_port}/"
        org.outbound.add(OutboundMessage(object="Contact", url=url, fields=("SMS_Opt_Out__c",)))
        opt_out(org, contact)
        arrived = got.wait(10)
        door.shutdown()
        thread.join()

    assert arrived
    assert kinds == ["text/xml; charset=utf-8"]
