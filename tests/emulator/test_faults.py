"""Trouble on demand: what the client sees, and what was committed nevertheless."""

import pytest
import requests


@pytest.fixture
def write(client, org, contact):
    """Writes a title by a collections call; says what came back and what is in the org."""

    def write(title="X"):
        record = {"attributes": {"type": "Contact"}, "id": contact, "Title": title}
        try:
            answer = client.update(record)
        except requests.RequestException as error:
            answer = error
        return answer, org.record("Contact", contact)["Title"]

    return write


class TestAnswers:
    @pytest.mark.parametrize(
        "name,status,code",
        [
            ("session_expired", 401, "INVALID_SESSION_ID"),
            ("session_refused", 401, "INVALID_SESSION_ID"),
            ("daily_limit", 403, "REQUEST_LIMIT_EXCEEDED"),
            ("concurrent_limit", 403, "REQUEST_LIMIT_EXCEEDED"),
            ("server_unavailable", 503, "SERVER_UNAVAILABLE"),
            ("maintenance", 400, "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"),
            ("unknown_error", 500, "UNKNOWN_EXCEPTION"),
        ],
    )
    def test_it_refuses_once_and_writes_nothing(self, org, write, name, status, code):
        getattr(org.faults, name)()

        refused, before = write()
        written, after = write()

        assert (refused.status_code, refused.json()[0]["errorCode"]) == (status, code)
        assert (before, written.status_code, after) == (None, 200, "X")

    def test_the_edge_answers_in_html(self, org, write):
        org.faults.unavailable()
        org.faults.maintenance_page(skip=1)

        down, _ = write()
        sorry, kept = write()

        assert (down.status_code, sorry.status_code, kept) == (503, 200, None)
        assert down.headers["Content-Type"].startswith("text/html")
        assert down.text.startswith("<html>")

    def test_queries_time_out_and_writes_do_not(self, org, client, write):
        org.faults.query_timeout()

        written, _ = write()
        answer = client.query("SELECT Id FROM Contact")

        assert written.status_code == 200
        assert answer.json()[0]["errorCode"] == "QUERY_TIMEOUT"

    def test_it_can_refuse_what_it_committed(self, org, write):
        org.faults.server_unavailable(after_commit=True)

        answer, title = write()

        assert (answer.status_code, title) == (503, "X")

    def test_several_choices(self, org, write):
        org.faults.several_choices(["/services/data/v66.0/sobjects/Contact/003"])

        assert write()[0].status_code == 300


class TestBrokenConnections:
    @pytest.mark.parametrize("after_commit,kept", [(False, None), (True, "X")])
    def test_a_dropped_connection(self, org, write, after_commit, kept):
        org.faults.drop(after_commit=after_commit)

        error, title = write()

        assert isinstance(error, requests.ConnectionError)
        assert title == kept

    @pytest.mark.parametrize("after_commit,kept", [(False, None), (True, "X")])
    def test_an_answer_that_never_comes(self, org, write, after_commit, kept):
        org.faults.timeout(after_commit=after_commit)

        error, title = write()

        assert isinstance(error, requests.exceptions.ReadTimeout)
        assert title == kept

    def test_half_an_answer(self, org, write):
        org.faults.truncated()

        error, title = write()

        assert isinstance(error, requests.exceptions.ChunkedEncodingError)
        assert title == "X"

    def test_half_an_answer_that_looks_whole(self, org, write):
        org.faults.cut_body()

        answer, title = write()

        assert answer.status_code == 200
        with pytest.raises(ValueError, match=r"Expecting|Unterminated|quotes"):
            answer.json()
        assert title == "X"


class TestAim:
    def statuses(self, client, count, path="/limits"):
        return [client.get(path).status_code for _ in range(count)]

    def test_the_nth_calls(self, org, client):
        org.faults.server_unavailable(skip=1, times=2)

        assert self.statuses(client, 5) == [200, 503, 503, 200, 200]

    def test_only_some_calls(self, org, client, write):
        org.faults.server_unavailable(method="PATCH", path="composite/sobjects", times=None)

        assert self.statuses(client, 2) == [200, 200]
        assert write()[0].status_code == 503

    def test_a_share_of_the_calls_that_is_the_same_each_time(self, org, client):
        org.faults.server_unavailable(probability=0.5, seed=7, times=None)
        first = self.statuses(client, 40)
        org.faults.clear()
        org.faults.server_unavailable(probability=0.5, seed=7, times=None)

        assert self.statuses(client, 40) == first
        assert 10 < first.count(503) < 30

    def test_for_a_while(self, org, client, watch):
        org.faults.server_unavailable(lasting=120)

        before = self.statuses(client, 3)
        watch.move(seconds=120)

        assert (before, self.statuses(client, 2)) == ([503] * 3, [200] * 2)

    def test_by_a_function(self, org, client):
        org.faults.server_unavailable(when=lambda _method, path: "Lead" in path, times=None)

        assert self.statuses(client, 1, "/sobjects/Lead") == [503]
        assert self.statuses(client, 1, "/sobjects/Contact") == [200]

    def test_an_unknown_kind_is_an_error(self, org):
        with pytest.raises(ValueError, match="unknown kind of fault 'fire'"):
            org.faults.add("fire")

    def test_the_token_endpoint_can_fail_too(self, org, session):
        org.faults.unavailable(path="/services/oauth2/token")

        answer = session.post("https://login.salesforce.com/services/oauth2/token")

        assert answer.status_code == 503


class TestLocks:
    def update(self, client, ids):
        records = [{"attributes": {"type": "Contact"}, "id": e, "Title": "X"} for e in ids]
        results = client.update(*records).json()
        return [e["errors"][0]["statusCode"] if e["errors"] else "" for e in results]

    def test_children_of_a_locked_parent_are_locked(self, org, client):
        account = org.create("Account", {"Name": "Example Ltd"})
        child = org.create("Contact", {"LastName": "A", "AccountId": account})
        other = org.create("Contact", {"LastName": "B"})
        org.faults.lock(account)

        assert self.update(client, [child, other]) == ["UNABLE_TO_LOCK_ROW", ""]
        org.faults.clear()
        assert self.update(client, [child, other]) == ["", ""]

    def test_a_share_of_all_records(self, org, client):
        ids = org.create_many("Contact", [{"LastName": "N"} for _ in range(200)])
        org.faults.lock(share=0.3, seed=3)

        locked = self.update(client, ids).count("UNABLE_TO_LOCK_ROW")

        assert 40 <= locked <= 80

    def test_single_rows_are_locked_too(self, org, client, contact):
        org.faults.lock(contact)

        answer = client.call("PATCH", f"/sobjects/Contact/{contact}", {"Title": "X"})

        assert (answer.status_code, answer.json()[0]["errorCode"]) == (
            400,
            "UNABLE_TO_LOCK_ROW",
        )
        assert contact in answer.json()[0]["message"]
