"""Senders ask before they text; the answer is kept, and no answer means no."""

import json

import pytest

from connector.domain.errors import StoreUnavailableError
from connector.settings import Brands
from connector.web.app import create_app
from connector.web.keys import new_secret, secret_hash
from tests.pipeline.test_consent import say
from tests.support.clock import NOON
from tests.support.events import MOBILE


OTHER = "+12125550123"


@pytest.fixture
def call(store, clock):
    secret = new_secret()
    with store.transaction() as transaction:
        scopes = ["consent:read", "consent:write"]
        transaction.keys.create("crm", secret_hash(secret), scopes, NOON)
    client = create_app(store=store, clock=clock, region="GB").test_client()

    def call(method, path, document=None, *, key=secret):
        data = None if document is None else json.dumps(document)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return client.open(
            path,
            method=method,
            headers=headers,
            data=data,
            content_type=data and "application/json",
        )

    return call


@pytest.fixture
def check(call):
    def check(*numbers, **more):
        answer = call("POST", "/api/suppression/check", {"numbers": list(numbers), **more})
        assert answer.status_code == 200
        return answer.json["results"]

    return check


class TestCheck:
    def test_answers_each_number_in_its_order(self, store, check):
        say(store, "stop")

        told = check(OTHER, "07700 900456", "pizza")

        assert [(each["phone"], each["sendable"], each["rule"]) for each in told] == [
            (OTHER, True, "nothing_against"),
            (MOBILE, False, "opted_out"),
            (None, False, "not_a_number"),
        ]

    @pytest.mark.parametrize(
        "kinds, rule",
        [
            (["help"], "nothing_against"),
            (["review"], "under_review"),
            (["review", "stop"], "opted_out"),
            (["stop", "start"], "opted_in_again"),
        ],
    )
    def test_tells_the_rule(self, store, check, kinds, rule):
        for minutes, kind in enumerate(kinds):
            say(store, kind, 2 * minutes)

        (told,) = check(MOBILE)

        assert told["rule"] == rule
        assert told["sendable"] is (rule in {"nothing_against", "opted_in_again"})
        assert told["version"] == len(kinds)

    def test_tells_whether_it_is_a_good_time(self, check):
        (told,) = check(OTHER)  # noon in UTC is seven in the morning in New York

        assert told["in_hours"] is False
        assert told["hours_begin_at"] == "2026-11-23T14:00:00+00:00"

    def test_keeps_what_it_answered(self, store, check):
        say(store, "stop")
        check(MOBILE)

        with store.transaction(reads=True) as transaction:
            (kept,) = transaction.decisions.about(store.pseudonym(MOBILE), 9)
        assert (kept.actor, kept.rule, kept.sendable) == ("key:crm", "opted_out", False)
        assert (kept.at, kept.version) == (NOON, 1)

    def test_takes_ten_thousand_at_once(self, store, check):
        say(store, "stop")
        numbers = [f"+4477009{n:05}" for n in range(10_000)]

        told = check(*numbers)

        assert [each["phone"] for each in told if not each["sendable"]] == [MOBILE]

    def test_a_brand_is_asked_for_by_its_name(self, store, check):
        say(store, "stop", scope="shoes")

        assert [each["sendable"] for each in check(MOBILE, scope="hats")] == [True]
        assert [each["sendable"] for each in check(MOBILE, scope="shoes")] == [False]
        assert [each["sendable"] for each in check(MOBILE)] == [False]

    def test_an_erased_number_stays_opted_out(self, store, check):
        say(store, "stop")
        with store.transaction() as transaction:
            name = transaction.pseudonym(MOBILE)
            for table in ("consents", "consent_events"):
                transaction.consents._connection.exec_driver_sql(  # noqa: SLF001
                    f"UPDATE {table} SET phone = '{name}' WHERE phone = '{MOBILE}'"  # noqa: S608
                )

        (told,) = check(MOBILE)

        assert (told["sendable"], told["rule"]) == (False, "opted_out")

    def test_one_number_can_be_asked_for_by_its_address(self, store, call):
        say(store, "stop")

        answer = call("GET", "/api/suppression/%2B447700900456")

        assert (answer.json["sendable"], answer.json["source"]) == (False, "Reply")


class TestNoAnswer:
    def test_is_given_while_nothing_can_be_kept(self, store, clock):
        class Away:
            """A store that still knows keys, and cannot commit."""

            find_key = store.find_key

            def transaction(self, **_how):
                raise StoreUnavailableError("read-only")

        secret = new_secret()
        with store.transaction() as transaction:
            transaction.keys.create("crm", secret_hash(secret), ["consent:read"], NOON)
        client = create_app(store=Away(), clock=clock).test_client()  # type: ignore[arg-type]

        answer = client.get(
            "/api/suppression/%2B447700900456", headers={"Authorization": f"Bearer {secret}"}
        )

        assert answer.status_code == 503
        assert "sendable" not in answer.get_json()

    @pytest.mark.parametrize(
        "document, status",
        [
            ([], 400),
            ({}, 422),
            ({"numbers": "x"}, 422),
            ({"numbers": [1]}, 422),
            ({"numbers": [], "brand": "x"}, 422),
            ({"numbers": [], "scope": 1}, 422),
            ({"numbers": ["x"], "scope": "a\0b"}, 422),
            ({"numbers": ["x"], "scope": "\ud800"}, 422),
            ({"numbers": ["x"] * 10_001}, 413),
        ],
    )
    def test_is_given_to_a_wrong_question(self, call, document, status):
        assert call("POST", "/api/suppression/check", document).status_code == status

    @pytest.mark.parametrize("scope", ["%00", "x" * 65])
    def test_is_given_to_a_wrong_question_for_one(self, call, scope):
        answer = call("GET", f"/api/suppression/%2B447700900456?scope={scope}")

        assert answer.status_code == 422

    def test_is_given_without_a_key(self, call):
        answer = call("POST", "/api/suppression/check", {"numbers": []}, key="")

        assert answer.status_code == 401


class TestConsent:
    def test_an_opt_out_is_in_force_with_the_answer(self, call, check):
        answer = call("POST", "/api/consent", {"phone": MOBILE, "kind": "stop"})

        assert (answer.status_code, answer.json["opted_out"]) == (200, True)
        assert check(MOBILE)[0]["sendable"] is False

    def test_an_opt_in_needs_what_was_seen_and_why(self, call, store):
        say(store, "stop")
        told = {
            "phone": MOBILE,
            "kind": "start",
            "occurred_at": "2026-11-23T12:04:00Z",
            "reason": "signed a form",
            "evidence": "form 12",
            "version": 1,
        }

        for lack in ("occurred_at", "reason", "evidence", "version"):
            less = {name: value for name, value in told.items() if name != lack}
            assert call("POST", "/api/consent", less).status_code == 422
            assert call("POST", "/api/consent", {**told, lack: " "}).status_code == 422
        answer = call("POST", "/api/consent", told)

        assert (answer.status_code, answer.json["opted_out"]) == (200, False)

    def test_an_opt_in_that_comes_too_late_is_told_why(self, call, store):
        say(store, "stop", 3)

        answer = call(
            "POST",
            "/api/consent",
            {
                "phone": MOBILE,
                "kind": "start",
                "occurred_at": "2026-11-23T12:02:00Z",
                "reason": "form",
                "evidence": "12",
                "version": 1,
            },
        )

        assert answer.status_code == 409
        assert answer.json["consent"]["opted_out"] is True
        assert answer.json["consent"]["version"] == 1

    @pytest.mark.parametrize(
        "told",
        [
            {"phone": "x", "kind": "stop"},
            {"phone": MOBILE, "kind": "review"},
            {"phone": MOBILE},
            {"kind": "stop"},
            {"phone": MOBILE, "kind": "stop", "occurred_at": "2026-11-23T12:00:00"},
            {"phone": MOBILE, "kind": "stop", "occurred_at": "2026-11-24T12:00:00Z"},
            {"phone": MOBILE, "kind": "stop", "occurred_at": "0001-01-01T00:00:00+14:00"},
            {"phone": MOBILE, "kind": "stop", "reason": "a\nb"},
            {"phone": MOBILE, "kind": "stop", "Reason": "a"},
        ],
    )
    def test_what_is_wrong_changes_nothing(self, call, store, told):
        assert call("POST", "/api/consent", told).status_code == 422

        with store.transaction(reads=True) as transaction:
            assert transaction.consents.find([MOBILE]) == {}


class TestBrands:
    @pytest.fixture
    def call(self, store, clock):
        secret = new_secret()
        with store.transaction() as transaction:
            scopes = ["consent:read", "consent:write"]
            transaction.keys.create("crm", secret_hash(secret), scopes, NOON)
        brands = Brands.read("shoes=+12015550100; hats=HATS")
        client = create_app(store=store, clock=clock, brands=brands).test_client()

        def call(path, document=None):
            return client.open(
                path,
                method="POST" if document else "GET",
                headers={"Authorization": f"Bearer {secret}"},
                json=document,
            )

        return call

    @pytest.mark.parametrize(
        "sender, sendable", [("+12015550100", False), ("hats", True), ("+12015550199", False)]
    )
    def test_are_asked_for_by_their_senders(self, call, store, sender, sendable):
        say(store, "stop", scope="shoes")

        told = call("/api/suppression/check", {"numbers": [MOBILE], "sender": sender}).json
        one = call(f"/api/suppression/{MOBILE}?sender={sender.replace('+', '%2B')}").json

        assert told["results"][0]["sendable"] is one["sendable"] is sendable

    @pytest.mark.parametrize(
        "path, question",
        [
            ("/api/suppression/check", {"numbers": [MOBILE], "scope": "shoe"}),
            ("/api/suppression/check", {"numbers": [MOBILE], "scope": "shoes", "sender": "x"}),
            ("/api/suppression/check", {"numbers": [MOBILE], "sender": 1}),
            ("/api/suppression/check", {"numbers": [MOBILE], "sender": "x" * 65}),
            ("/api/consent", {"phone": MOBILE, "kind": "stop", "scope": "shoe"}),
        ],
    )
    def test_that_nobody_knows_are_refused(self, call, path, question):
        assert call(path, question).status_code == 422

    def test_are_opted_out_one_by_one(self, call):
        call("/api/consent", {"phone": MOBILE, "kind": "stop", "scope": "hats"})

        asked = [{"numbers": [MOBILE], "scope": each} for each in ("hats", "shoes")]
        told = [call("/api/suppression/check", each).json["results"][0] for each in asked]

        assert [each["sendable"] for each in told] == [False, True]
