"""Writing a batch: an outcome for each record, and no record held up by another."""

import dataclasses
import json

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.errors import ConfigurationError, OrgUnavailableError
from connector.domain.records import RecordRef, Verdict
from connector.salesforce.access import OrgAccess
from connector.salesforce.classify import FEW
from connector.salesforce.connect import connect
from connector.salesforce.errors import DailyLimitError
from connector.salesforce.write import MOST_CALLS
from tests.salesforce.answers import (
    COLLECTIONS,
    HOST,
    LOGIN,
    PHONE,
    AnsweringAdapter,
    change,
    done,
    failed,
    person,
    refused,
    requests_to,
    sent,
    token_answer,
)
from tests.support.clock import TestClock


def verdicts(outcomes):
    return [outcome.verdict for outcome in outcomes]


class TestUpdate:
    def test_sends_one_call_and_does_not_roll_back(self, org, logged_in):
        logged_in.patch(COLLECTIONS, json=[done(1), done(2)])

        org.update([change(1, SMS_Opt_Out__c=True), change(2, SMS_Error_Code__c=None)])

        (request,) = requests_to(logged_in, COLLECTIONS)
        attributes = {"type": "Contact"}
        assert sent(request) == {
            "allOrNone": False,
            "records": [
                {"attributes": attributes, "id": person(1).id, "SMS_Opt_Out__c": True},
                {"attributes": attributes, "id": person(2).id, "SMS_Error_Code__c": None},
            ],
        }

    def test_tells_each_record_by_its_position(self, org, logged_in):
        refusal = failed("STRING_TOO_LONG", "SMS Error: data value too large", ["SMS_Error__c"])
        logged_in.patch(COLLECTIONS, json=[done(1), refusal, done(3)])
        changes = [change(1), change(2), change(3)]

        outcomes = org.update(changes)

        assert [outcome.change for outcome in outcomes] == changes
        assert verdicts(outcomes) == [Verdict.WRITTEN, Verdict.PARK, Verdict.WRITTEN]
        assert outcomes[1].error_code == "STRING_TOO_LONG"
        assert outcomes[1].message == "SMS Error: data value too large"
        assert outcomes[1].fields == ("SMS_Error__c",)

    def test_is_judged_by_success_not_by_the_errors(self, org, logged_in):
        enqueued = {**done(1), "errors": [{"statusCode": "OPERATION_ENQUEUED"}]}
        logged_in.patch(COLLECTIONS, json=[enqueued])

        (outcome,) = org.update([change(1)])

        assert outcome.written

    @pytest.mark.parametrize("errors", [None, [], [None], ["x"], {}])
    def test_a_refusal_without_a_code_is_tried_a_few_times(self, org, logged_in, errors):
        logged_in.patch(COLLECTIONS, json=[{"success": False, "errors": errors}] * 2)

        outcomes = org.update([change(1), change(2, attempts=FEW)])

        assert verdicts(outcomes) == [Verdict.RETRY, Verdict.PARK]

    @pytest.mark.parametrize(
        "answer",
        [
            {"json": []},
            {"json": [done(1)]},
            {"json": [done(1), done(2), done(3)]},
            {"json": [done(2), done(1)]},
            {"json": [done(1), {"success": True}]},
            {"json": [done(1), {}]},
            {"json": [done(1), "x"]},
            {"json": {"hasErrors": False}},
            {"body": "<html>Maintenance</html>"},
            {"body": '[{"id":"003'},
            {"status": 502, "body": ""},
            {"body": requests.ReadTimeout("slow")},
            {"status": 413, "body": "too large"},
        ],
    )
    def test_an_unclear_answer_is_an_unknown_outcome(self, org, logged_in, answer):
        logged_in.patch(COLLECTIONS, **answer)

        with pytest.raises(OrgUnavailableError):
            org.update([change(1), change(2)])

        assert len(requests_to(logged_in, COLLECTIONS)) == 1

    def test_an_exhausted_day_is_told(self, org, logged_in):
        answer = refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        logged_in.patch(COLLECTIONS, status=403, json=answer)

        with pytest.raises(DailyLimitError):
            org.update([change(1)])

    @pytest.mark.parametrize(
        "changes",
        [
            [],
            [change(number) for number in range(201)],
            [change(1), change(1)],
            [change(1), change(2, "Lead")],
        ],
    )
    def test_a_batch_of_another_kind_is_not_sent(self, org, web, changes):
        with pytest.raises(ValueError, match="a batch holds"):
            org.update(changes)

        assert len(web.calls) == 0


class TestUpsert:
    """Records that we name by an external id of our own."""

    UPSERT = f"{COLLECTIONS}/SMS_Message__c/Key__c"
    NEW = "a02xx0000000001AAA"

    def row(self, number, **keys):
        record = RecordRef.keyed("SMS_Message__c", "Key__c", f"kannel/{number}")
        return dataclasses.replace(change(number, **keys), record=record)

    def test_names_the_external_id_in_the_address_and_no_id_in_the_record(self, org, logged_in):
        row = {"id": self.NEW, "success": True, "errors": [], "created": True}
        logged_in.patch(self.UPSERT, json=[row])

        (outcome,) = org.update([self.row(1)])

        (request,) = requests_to(logged_in, self.UPSERT)
        (record,) = sent(request)["records"]
        assert outcome.written
        assert record["Key__c"] == "kannel/1"
        assert "id" not in record

    @pytest.mark.parametrize("code", ["DUPLICATE_VALUE", "DUPLICATE_EXTERNAL_ID"])
    def test_a_lost_race_is_run_again_a_few_times(self, org, logged_in, code):
        logged_in.patch(self.UPSERT, json=[failed(code)] * 2)

        outcomes = org.update([self.row(1), self.row(2, attempts=FEW)])

        assert verdicts(outcomes) == [Verdict.RETRY, Verdict.PARK]

    @pytest.mark.parametrize("code", ["INVALID_CROSS_REFERENCE_KEY", "ENTITY_IS_DELETED"])
    def test_it_is_nowhere_to_be_followed_to(self, org, logged_in, code):
        logged_in.patch(self.UPSERT, json=[failed(code)])

        (outcome,) = org.update([self.row(1)])

        assert outcome.verdict is Verdict.PARK

    def test_an_external_id_that_is_not_there_stops_the_object(self, org, logged_in):
        logged_in.patch(self.UPSERT, status=404, json=refused("NOT_FOUND"))

        (outcome,) = org.update([self.row(1)])

        assert (outcome.verdict, outcome.error_code) == (Verdict.STOP, "NOT_FOUND")

    def test_is_not_mixed_with_records_that_have_an_id(self, org):
        with pytest.raises(ValueError, match="one kind of id"):
            org.update([self.row(1), change(2, "SMS_Message__c")])


class TestSetUpFaults:
    @pytest.mark.parametrize("count", [1, 2, 200])
    def test_what_all_records_have_stops_the_object(self, org, logged_in, count):
        logged_in.patch(COLLECTIONS, json=[failed("INVALID_FIELD")] * count)

        outcomes = org.update([change(number) for number in range(count)])

        assert verdicts(outcomes) == [Verdict.STOP] * count

    def test_what_only_some_have_parks_those(self, org, logged_in):
        logged_in.patch(COLLECTIONS, json=[done(1), failed("INVALID_FIELD")])

        outcomes = org.update([change(1), change(2)])

        assert verdicts(outcomes) == [Verdict.WRITTEN, Verdict.PARK]

    @pytest.mark.parametrize(
        "codes", [("INVALID_FIELD", "INVALID_TYPE"), ("INVALID_FIELD",) * 2]
    )
    def test_several_of_them_stop_the_object_too(self, org, logged_in, codes):
        logged_in.patch(COLLECTIONS, json=[failed(code) for code in codes])

        outcomes = org.update([change(1), change(2)])

        assert verdicts(outcomes) == [Verdict.STOP] * 2

    @pytest.mark.parametrize("count, verdict", [(4, Verdict.PARK), (5, Verdict.STOP)])
    def test_a_few_records_that_we_may_not_write_stop_nothing(
        self, org, logged_in, count, verdict
    ):
        logged_in.patch(COLLECTIONS, json=[failed("INSUFFICIENT_ACCESS_OR_READONLY")] * count)

        outcomes = org.update([change(number) for number in range(count)])

        assert verdicts(outcomes) == [verdict] * count


class TestWholeCallRefused:
    def test_one_bad_record_does_not_hold_up_the_others(self, org, logged_in):
        bad = person(37).id
        logged_in.add_callback(
            "PATCH", COLLECTIONS, callback(refuse_if(lambda r: r["id"] == bad))
        )

        outcomes = org.update([change(number) for number in range(200)])

        assert outcomes[37].verdict is Verdict.PARK
        assert outcomes[37].error_code == "JSON_PARSER_ERROR"
        assert sum(outcome.written for outcome in outcomes) == 199
        assert len(requests_to(logged_in, COLLECTIONS)) <= 17

    def test_one_bad_field_does_not_hold_up_the_records_without_it(self, org, logged_in):
        hidden = refuse_if(lambda record: "SMS_Opt_Out__c" in record, "INVALID_FIELD")
        logged_in.add_callback("PATCH", COLLECTIONS, callback(hidden))
        changes = [
            change(number, SMS_Opt_Out__c=True) if number % 3 else change(number)
            for number in range(200)
        ]

        outcomes = org.update(changes)

        assert all(o.written != ("SMS_Opt_Out__c" in o.change.fields) for o in outcomes)
        assert {o.verdict for o in outcomes if not o.written} == {Verdict.PARK}
        assert len(requests_to(logged_in, COLLECTIONS)) == 3

    def test_a_bad_field_of_all_stops_the_object_in_one_call(self, org, logged_in):
        logged_in.patch(
            COLLECTIONS, status=400, json=refused("INVALID_FIELD", "No such column")
        )

        outcomes = org.update([change(number) for number in range(200)])

        assert verdicts(outcomes) == [Verdict.STOP] * 200
        assert outcomes[0].message == "No such column"
        assert len(requests_to(logged_in, COLLECTIONS)) == 1

    def test_bad_fields_everywhere_stop_the_object(self, org, logged_in):
        logged_in.patch(COLLECTIONS, status=400, json=refused("INVALID_FIELD"))

        outcomes = org.update([change(1), change(2, SMS_Opt_Out__c=True)])

        assert verdicts(outcomes) == [Verdict.STOP] * 2

    def test_an_address_that_is_not_there_says_nothing_of_the_records(self, org, logged_in):
        logged_in.patch(COLLECTIONS, status=404, json=refused("NOT_FOUND"))

        with pytest.raises(ConfigurationError, match=r"API version 66\.0"):
            org.update([change(1), change(2)])

    def test_taking_a_batch_apart_has_an_end(self, org, logged_in):
        logged_in.add_callback("PATCH", COLLECTIONS, callback(refuse_if(lambda _: True)))

        outcomes = org.update([change(number) for number in range(200)])

        assert len(requests_to(logged_in, COLLECTIONS)) == MOST_CALLS
        assert {o.verdict for o in outcomes} == {Verdict.PARK, Verdict.RETRY}
        assert outcomes[0].verdict is Verdict.PARK

    def test_an_answer_lost_on_the_way_leaves_that_part_for_later(self, org, logged_in):
        logged_in.patch(COLLECTIONS, status=400, json=refused("MALFORMED_ID"))
        logged_in.patch(COLLECTIONS, json=[done(1)])
        logged_in.patch(COLLECTIONS, status=503)

        outcomes = org.update([change(1), change(2)])

        assert verdicts(outcomes) == [Verdict.WRITTEN, Verdict.RETRY]

    def test_a_bad_field_is_not_judged_while_others_wait(self, org, logged_in):
        logged_in.patch(COLLECTIONS, status=400, json=refused("INVALID_FIELD"))
        logged_in.patch(COLLECTIONS, status=400, json=refused("INVALID_FIELD"))
        logged_in.patch(COLLECTIONS, status=503)

        outcomes = org.update([change(1), change(2, SMS_Opt_Out__c=True)])

        assert verdicts(outcomes) == [Verdict.RETRY] * 2


@given(st.sets(st.integers(0, 19)), st.integers(1, 20))
def test_each_record_has_the_outcome_it_has_alone(bad, count):
    bad_ids = {person(number).id for number in bad}
    access = OrgAccess(login_url=HOST, client_id="key", client_secret="hush-hush")
    answer = refuse_if(lambda record: record["id"] in bad_ids)

    with connect(access, clock=TestClock(), adapter=AnsweringAdapter(answer)) as org:
        outcomes = org.update([change(number) for number in range(count)])

    for number, outcome in enumerate(outcomes):
        assert outcome.change.record == person(number)
        if outcome.verdict is not Verdict.RETRY:
            assert outcome.written == (number not in bad)


def test_a_refused_number_is_kept_for_the_admin_but_not_logged(org, logged_in, caplog):
    caplog.set_level("INFO")
    refusal = failed("FIELD_CUSTOM_VALIDATION_EXCEPTION", f"{PHONE} is no number of ours")
    logged_in.patch(COLLECTIONS, json=[refusal])

    (outcome,) = org.update([change(1)])

    assert PHONE in outcome.message
    assert PHONE not in caplog.text


def refuse_if(is_bad, code="JSON_PARSER_ERROR"):
    """An org that refuses a call as a whole when it has a bad record."""

    def answer(request):
        if request.url == LOGIN:
            return 200, token_answer()
        records = sent(request)["records"]
        if any(map(is_bad, records)):
            return 400, refused(code)
        return 200, [{"id": record["id"], "success": True, "errors": []} for record in records]

    return answer


def callback(answer):
    def with_headers(request):
        status, told = answer(request)
        return status, {}, json.dumps(told)

    return with_headers
