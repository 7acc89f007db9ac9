"""The org behind real sockets, driven by plain HTTP."""

import concurrent.futures
import http.client
import json
import socket
import ssl

import pytest
import requests

from connector.emulator import EmulatedOrg, serve
from tests.emulator.conftest import Client, Watch
from tests.support.sms_org import install_sms_fields


@pytest.fixture
def server(org, tmp_path):
    with serve(org, folder=tmp_path) as server:
        yield server


@pytest.fixture
def outside(org, server):
    """A client that comes in over HTTP."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {org.issue_token()}"
        yield Client(session, server.http_url + "/services/data/v66.0")


@pytest.fixture
def admin(outside, server):
    """The admin routes, as another process would use them."""

    def admin(method, path, body=None):
        return outside.session.request(method, server.http_url + "/emulator" + path, json=body)

    return admin


def test_both_doors_lead_to_the_same_org(org, server, contact):
    token = {"Authorization": f"Bearer {org.issue_token()}"}
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(server.ca_file)
        for base in (
            server.http_url,
            server.https_url,
            server.https_url.replace("localhost", "127.0.0.1"),
        ):
            answer = session.get(
                f"{base}/services/data/v66.0/sobjects/Contact/{contact}", headers=token
            )
            assert answer.json()["LastName"] == "Brook"


def test_the_same_port_is_free_at_once_after_the_end(org, tmp_path):
    with serve(org, folder=tmp_path) as server:
        port = int(server.http_url.rpartition(":")[2])
        lingering = socket.create_connection(("localhost", port))
        lingering.sendall(b"GET /emulator/stats HTTP/1.1\r\nHost: localhost\r\n\r\n")
        lingering.recv(1)

    with lingering, serve(org, port, folder=tmp_path) as again:
        assert again.http_url == server.http_url


def test_a_connection_is_kept_for_the_next_call(server):
    host = server.http_url.removeprefix("http://")
    connection = http.client.HTTPConnection(host)
    sockets = []
    for _ in range(3):
        connection.request("GET", "/services/data")
        assert connection.getresponse().read()
        sockets.append(connection.sock)
    connection.close()

    assert sockets[0] is not None
    assert len(set(sockets)) == 1


def test_a_chunked_body_is_read(org, outside, contact):
    parts = [b'{"Title":', b' "X"}']

    answer = outside.call(
        "PATCH",
        f"/sobjects/Contact/{contact}",
        data=iter(parts),
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 204
    assert org.record("Contact", contact)["Title"] == "X"


def test_who_does_not_finish_the_handshake_holds_nobody_up(server):
    port = int(server.https_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)):
        context = ssl.create_default_context(cafile=str(server.ca_file))
        connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=10)
        connection.request("GET", "/services/data")
        status = connection.getresponse().status
        connection.close()

    assert status == 200


@pytest.mark.parametrize("after_commit,kept", [(False, None), (True, "X")])
def test_a_dropped_connection_is_a_real_one(org, outside, contact, after_commit, kept):
    org.faults.drop(after_commit=after_commit)

    with pytest.raises(requests.ConnectionError):
        outside.call("PATCH", f"/sobjects/Contact/{contact}", {"Title": "X"})

    assert org.record("Contact", contact)["Title"] == kept
    assert outside.get("/limits").status_code == 200


def test_half_an_answer_breaks_off(org, outside):
    org.faults.truncated()

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        outside.get("/sobjects/Contact/describe")


def test_a_slow_answer_outlasts_the_clients_patience(org, outside):
    org.faults.latency(0.3, times=1)

    with pytest.raises(requests.exceptions.ReadTimeout):
        outside.get("/limits", timeout=0.05)


def test_many_clients_at_once_lose_nothing(org, outside):
    ids = org.create_many("Contact", [{"LastName": "N"} for _ in range(64)])
    headers = dict(outside.session.headers)

    def write(record):
        with requests.Session() as session:
            session.trust_env = False
            session.headers.update(headers)
            client = Client(session, outside.base)
            return client.call(
                "PATCH", f"/sobjects/Contact/{record}", {"Title": record}
            ).status_code

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(write, ids))

    assert statuses == [204] * 64
    assert [each["Title"] for each in org.records("Contact")] == ids
    assert org.usage.used == 64


def test_an_answer_to_head_has_no_body(outside):
    answer = outside.call("HEAD", "/limits")

    assert (answer.status_code, answer.content) == (200, b"")


def test_headers_too_long_are_431(outside):
    assert outside.get("/limits", headers={"X-Long": "x" * 17_000}).status_code == 431


def test_port_in_use_is_an_error_and_leaks_nothing(org, server, tmp_path):
    port = int(server.https_url.rpartition(":")[2])

    with pytest.raises(OSError, match="in use"):
        serve(org, https_port=port, folder=tmp_path / "other")


class TestAdmin:
    def test_faults_come_and_go(self, admin, outside):
        made = admin(
            "POST", "/faults", {"kind": "server_unavailable", "path": "limits", "times": None}
        )
        during = outside.get("/limits").status_code
        listed = admin("GET", "/faults").json()
        admin("DELETE", f"/faults/{made.json()['number']}")

        assert (made.status_code, during, outside.get("/limits").status_code) == (201, 503, 200)
        assert [(each["kind"], each["struck"]) for each in listed] == [("answer", 1)]

    def test_locks_can_be_asked_for(self, admin, outside, contact):
        admin("POST", "/faults", {"kind": "lock", "records": [contact], "times": 1})

        answer = outside.call("PATCH", f"/sobjects/Contact/{contact}", {"Title": "X"})

        assert answer.json()[0]["errorCode"] == "UNABLE_TO_LOCK_ROW"

    @pytest.mark.usefixtures("contact")
    def test_stats_count_calls_and_records(self, admin, outside):
        outside.query("SELECT Id FROM Contact")

        stats = admin("GET", "/stats").json()

        assert stats["calls"] == {"GET /query": 1}
        assert (stats["used"], stats["records"]["Contact"]) == (1, 1)

    def test_others_use_the_org_too(self, admin, outside, watch):
        admin("POST", "/others", {"spend": 40, "calls_per_hour": 60})
        watch.move(minutes=10)

        answer = outside.get("/limits")

        assert answer.headers["Sforce-Limit-Info"] == "api-usage=51/100000"

    def test_bulk_jobs_can_be_made_to_fail(self, admin, org):
        made = admin("POST", "/bulk", {"batch_size": 200, "fail": {"after": 150}})
        wrong = admin("POST", "/bulk", {"size": 200})

        assert (made.status_code, made.json()["batch_size"]) == (201, 200)
        assert (org.bulk.batch_size, wrong.status_code) == (200, 400)
        assert admin("GET", "/stats").json()["jobs"] == []

    def test_seeds_people(self, admin, org):
        made = admin(
            "POST", "/seed", {"contacts": 3, "leads": 2, "accounts": 1, "campaign": "Autumn"}
        )

        assert (made.status_code, len(made.json()["contacts"])) == (201, 3)
        assert len(org.records("CampaignMember")) == 5

    def test_lives_are_lived(self, admin, org, contact):
        lead = org.create("Lead", {"LastName": "Dunn", "Company": "X"})
        other = org.create("Contact", {"LastName": "Brook"})

        converted = admin("POST", "/convert", {"id": lead}).json()
        admin("POST", "/merge", {"winner": contact, "losers": [other]})
        admin("POST", "/update", {"object": "Contact", "id": contact, "fields": {"Title": "X"}})
        made = admin(
            "POST", "/create", {"object": "Contact", "fields": {"LastName": "Y"}}
        ).json()
        admin("POST", "/delete", {"object": "Contact", "id": made["id"]})

        assert converted["contact"].startswith("003")
        assert org.record("Contact", other)["MasterRecordId"] == contact
        assert org.record("Contact", contact)["Title"] == "X"
        assert org.record("Contact", made["id"])["IsDeleted"] is True

    def test_a_change_can_show_late(self, admin, org, contact, watch):
        change = {"object": "Contact", "id": contact, "fields": {"Title": "X"}}
        admin("POST", "/update", {**change, "commit_after": 60})
        before = org.record("Contact", contact)["Title"]
        watch.move(seconds=60)

        assert (before, org.record("Contact", contact)["Title"]) == (None, "X")

    def test_sessions_end(self, admin, outside):
        admin("POST", "/revoke")

        assert outside.get("/limits").status_code == 401

    @pytest.mark.parametrize(
        "path,body,status",
        [
            ("/faults", {"kind": "fire"}, 400),
            ("/faults", {"kind": "drop", "colour": "red"}, 400),
            ("/faults", {}, 400),
            ("/update", {"object": "Nope", "id": "x", "fields": {}}, 400),
            ("/convert", {"id": "x"}, 400),
            ("/dance", {}, 404),
        ],
    )
    def test_nonsense_is_explained(self, admin, path, body, status):
        answer = admin("POST", path, body)

        assert answer.status_code == status
        assert answer.json()["error"]


class TestRestart:
    def test_everything_survives(self, tmp_path):
        path, watch = str(tmp_path / "org.sqlite"), Watch()
        first = EmulatedOrg(path, clock=watch)
        install_sms_fields(first)
        contact = first.create("Contact", {"LastName": "Brook", "SMS_Opt_Out__c": True})
        first.schema.hide("Contact", "Title")
        app = first.register_app("key", secret="s3cret")
        token = first.issue_token()
        first.close()

        again = EmulatedOrg(path, clock=watch)

        assert again.record("Contact", contact)["SMS_Opt_Out__c"] is True
        assert again.auth.session(token) is not None
        assert again.auth.app("key") == app
        assert again.create("Contact", {"LastName": "Next"}) > contact
        seen = again.schema.visible_fields(again.schema.sobject("Contact"), "anybody")
        assert "Title" not in {field.name for field in seen}
        assert [entry.field for entry in again.history("Contact", contact)] == ["created"]
        again.close()


def test_answers_are_json_even_for_unknown_pages(outside, server):
    answer = outside.session.get(server.http_url + "/nowhere")

    assert answer.status_code == 404
    assert json.loads(answer.text)[0]["errorCode"] == "NOT_FOUND"
