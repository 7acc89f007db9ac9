"""Each status page shows what it is for, to who may see it, and no number whole."""

import re

import pytest

from connector.store.restoration import Restoration
from connector.store.restoring import begin
from connector.web.app import create_app
from connector.web.pages import Site
from tests.support.clock import NOON
from tests.web.status_data import BADLY, OTHER, PHONE, WELL, fill
from tests.web.visitors import HTML, form_token, log_in, make_key


PAGES = (
    "",
    "/campaigns",
    f"/campaigns/{WELL}",
    f"/campaigns/{BADLY}",
    "/campaigns/none",
    "/gateways",
    "/salesforce",
    "/consent",
    "/jobs",
    "/alerts",
)


@pytest.fixture
def client(store, clock):
    make_key(store)
    make_key(store, "guest", "guest-secret", ["status:read"])
    fill(store)
    site = Site(accounts=[("kannel", ""), ("telnyx", "")])
    return create_app(store=store, clock=clock, site=site).test_client()


@pytest.fixture
def seen(client):
    log_in(client)

    def look(path):
        answer = client.get(f"/status{path}", headers=HTML)
        assert answer.status_code == 200
        return re.sub(r"\s+", " ", answer.text)

    return look


@pytest.mark.parametrize("path", PAGES)
class TestPage:
    def test_is_for_nobody_without_a_login(self, client, path):
        assert client.get(f"/status{path}").status_code == 401
        assert client.get(f"/status{path}", headers=HTML).status_code == 303

    def test_names_no_number(self, seen, path):
        page = seen(path)

        assert PHONE not in page
        assert OTHER not in page
        assert "900456" not in page
        assert "900 456" not in page

    def test_needs_no_script_and_nothing_from_elsewhere(self, seen, path):
        page = seen(path)

        assert "<script" not in page
        assert not re.search(r"\son[a-z]+=|style=|(src|href)=.(https?:)?//", page)


class TestOverview:
    def test_tells_how_fresh_salesforce_is(self, seen):
        page = seen("")

        assert "Last hour<small>from the carrier" in page
        assert re.search(r'<td class="number">[34]\.\d s</td>', page)

    def test_says_so_when_the_store_was_restored(self, seen, client, store, clock):
        before = seen("")
        begin(store, Restoration(at=clock(), since=clock()), "user:ann")
        log_in(client)  # whoever was logged in is not any more

        assert "connector store reopen" in seen("")
        assert "connector store reopen" not in before

    def test_shows_open_alerts(self, seen):
        assert "81.0 % of 790 settled messages arrived." in seen("")


class TestCampaigns:
    def test_the_worst_comes_first(self, seen):
        page = seen("/campaigns")

        assert page.index(BADLY) < page.index(WELL) < page.index("Without a campaign")

    @pytest.mark.parametrize("path", ["/campaigns", f"/campaigns/{WELL}"])
    def test_have_the_names_that_salesforce_gave_and_their_ids(self, seen, path):
        page = seen(path)

        assert "Spring sale &lt;Berlin&gt;" in page
        assert f"<code>{WELL}</code>" in page
        assert "Change the text: the carrier took it for spam" in page

    def test_one_in_full(self, seen):
        page = seen(f"/campaigns/{WELL}")

        assert "98.0 %" in page
        assert "71.40 EUR" in page
        assert "<b>31</b> clicks" in page
        assert '<rect class="delivered"' in page
        assert "SHOP" in page

    def test_its_alerts_are_told(self, seen):
        assert "81.0 %" in seen(f"/campaigns/{BADLY}")
        assert "81.0 %" not in seen(f"/campaigns/{WELL}")

    @pytest.mark.parametrize("name", ["701xx0000000009AAA", "nonsense", "%2e%2e"])
    def test_of_an_unknown_one_nothing_is_shown(self, client, name):
        log_in(client)
        answer = client.get(f"/status/campaigns/{name}", headers=HTML)

        assert answer.status_code == 404
        assert "<h1>" in answer.text

    def test_there_may_be_more_than_fit(self, client):
        log_in(client)
        page = client.get(f"/status/campaigns?after={WELL}", headers=HTML).text

        assert BADLY in page
        assert WELL not in page


class TestGateways:
    def test_each_that_is_set_up_or_was_heard(self, seen):
        page = seen("/gateways")

        names = re.findall(r'<th scope="row">([a-z/]+)</th>', page.split("Lost on")[0])
        assert names == ["kannel", "plivo", "telnyx", "twilio/europe"]
        assert page.count("silent") == 2
        assert "95.0 %" in page

    def test_what_no_callback_brought(self, seen):
        lost = seen("/gateways").split("Lost on the way</h2>")[1]

        assert "2026-11-22" in lost
        assert re.findall(r'<td class="number">(\d+)</td>', lost) == ["2", "1"]


class TestSalesforce:
    def test_the_calls_that_are_left(self, seen):
        page = seen("/salesforce")

        assert "<b>4,600</b> of 15,000 used" in page
        assert "4600 of 15000 calls are used; ordinary writes stop at 12000" in page

    def test_what_was_refused(self, seen):
        assert "FIELD_CUSTOM_VALIDATION_EXCEPTION" in seen("/salesforce")


class TestConsent:
    def decide(self, client, page, **changes):
        number = changes.pop("number", 0)
        places = re.findall(r'name="question" value="([^"]+)"', page)
        versions = re.findall(r'name="version" value="([^"]+)"', page)
        form = {
            "form_token": form_token(page),
            "question": places[number],
            "version": versions[number],
            "reason": "clear words",
            **changes,
        }
        return client.post("/status/consent", data=form, headers=HTML)

    def test_shows_what_was_said(self, seen):
        page = seen("/consent")

        assert "please take me off this list" in page
        assert "overdue" in page
        assert "+44770•••0456" in page

    def test_a_doubt_that_was_a_stop(self, store, client, seen):
        page = seen("/consent")
        which = 0 if page.index("+44770•••0456") < page.index("+44770•••0111") else 1

        answer = self.decide(client, page, decision="confirm", number=which)

        assert answer.status_code == 303
        assert "900" not in answer.headers["Location"]
        with store.transaction(reads=True) as t:
            state = t.consents.find([PHONE])[PHONE]
            said = t.consents.events_of(PHONE)
        assert state.opted_out
        assert not state.doubtful
        assert {each.actor for each in said if each.actor} == {"key:ann"}

    def test_it_stands_in_the_audit(self, store, client, seen):
        self.decide(client, seen("/consent"), decision="dismiss")

        with store.transaction(reads=True) as t:
            acts = [each.act for each in t.audit.entries(after=0, limit=100)]
        assert "key:ann" in {act.actor for act in acts}

    def test_a_decision_counts_once(self, client, seen):
        page = seen("/consent")
        self.decide(client, page, decision="dismiss")

        answer = self.decide(client, page, decision="dismiss")

        assert answer.status_code == 409
        assert "decided that already" in answer.text

    def test_an_opt_in_wants_evidence(self, store, client, seen):
        page = seen("/consent")
        which = 0 if page.index("+44770•••0111") < page.index("+44770•••0456") else 1

        without = self.decide(client, page, decision="accept", number=which)
        late = {"decision": "accept", "number": which, "evidence": "call 7"}
        ahead = self.decide(client, page, **late, at="2027-01-01T10:00")
        given = self.decide(client, page, **late, at="2026-11-22T10:00")

        assert (without.status_code, ahead.status_code, given.status_code) == (422, 422, 303)
        assert "give evidence" in without.text
        assert "clear words" in without.text
        with store.transaction(reads=True) as t:
            assert not t.consents.find([OTHER])[OTHER].opted_out

    @pytest.mark.parametrize(
        "changes, status",
        [
            ({"decision": "nonsense"}, 422),
            ({"decision": "dismiss", "reason": " "}, 422),
            ({"decision": "dismiss", "reason": "a\nb"}, 422),
            ({"decision": "dismiss", "version": "x"}, 422),
            ({"decision": "dismiss", "version": "99"}, 409),
            ({"decision": "dismiss", "question": "gone"}, 409),
            ({"decision": "dismiss", "form_token": "0"}, 403),
        ],
    )
    def test_a_faulty_form_changes_nothing(self, store, client, seen, changes, status):
        with store.transaction(reads=True) as t:
            before = t.consents.questions_count()

        answer = self.decide(client, seen("/consent"), **changes)

        assert answer.status_code == status
        assert "<h1>" in answer.text
        with store.transaction(reads=True) as t:
            assert t.consents.questions_count() == before

    def test_who_may_only_look_cannot_decide(self, client):
        log_in(client, "guest", "guest-secret")
        page = client.get("/status/consent", headers=HTML).text
        token = form_token(page)

        answer = client.post("/status/consent", data={"form_token": token}, headers=HTML)

        assert "Decide</summary>" not in page
        assert "consent:write" in page
        assert answer.status_code == 403

    def test_a_password_that_the_browser_sends_by_itself_decides_nothing(self, client):
        headers = {"Authorization": "Bearer smsconn_ann", **HTML}

        answer = client.post("/status/consent", data={"decision": "dismiss"}, headers=headers)

        assert answer.status_code == 403


def test_jobs_that_never_ran_are_late(seen, clock):
    assert "in time" in seen("/jobs")
    clock.now = NOON.replace(hour=15)

    assert "late" in seen("/jobs")
