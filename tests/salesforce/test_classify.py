"""What to do about each error code."""

import pytest

from connector.domain.records import Verdict
from connector.salesforce.classify import FEW, RULES, verdict_of, wants_fewer


@pytest.mark.parametrize(
    "code, verdict",
    [
        ("UNABLE_TO_LOCK_ROW", Verdict.RETRY),
        ("REQUEST_LIMIT_EXCEEDED", Verdict.RETRY),
        ("EXCEEDED_MAX_SEMIJOIN_SUBSELECTS", Verdict.RETRY),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", Verdict.PARK),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", Verdict.PARK),
        ("STRING_TOO_LONG", Verdict.PARK),
        ("ENTITY_IS_DELETED", Verdict.FOLLOW),
        ("CANNOT_UPDATE_CONVERTED_LEAD", Verdict.FOLLOW),
        ("INVALID_FIELD", Verdict.STOP),
        ("INVALID_TYPE", Verdict.STOP),
        ("TXN_SECURITY_NO_ACCESS", Verdict.STOP),
        ("INSUFFICIENT_ACCESS_OR_READONLY", Verdict.PARK),
        ("A_CODE_OF_NEXT_YEAR", Verdict.PARK),
        ("", Verdict.PARK),
    ],
)
def test_each_code_has_its_verdict(code, verdict):
    assert verdict_of(code) is verdict


def test_no_rule_writes():
    assert all(rule.verdict is not Verdict.WRITTEN for rule in RULES.values())


@pytest.mark.parametrize(
    "code", ["CANNOT_EXECUTE_FLOW_TRIGGER", "UNKNOWN_EXCEPTION", "ENTITY_IS_LOCKED"]
)
def test_what_may_heal_is_parked_after_a_few_tries(code):
    assert verdict_of(code, attempts=FEW - 1) is Verdict.RETRY
    assert verdict_of(code, attempts=FEW) is Verdict.PARK


def test_a_lock_is_tried_for_ever():
    assert verdict_of("UNABLE_TO_LOCK_ROW", attempts=1_000) is Verdict.RETRY


@pytest.mark.parametrize(
    "inner, verdict",
    [
        ("UNABLE_TO_LOCK_ROW: unable to obtain exclusive access", Verdict.RETRY),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION: Phone must be set", Verdict.PARK),
        # About another object than ours, for all we know.
        ("INVALID_FIELD: No such column", Verdict.RETRY),
        ("The flow tried to update these records", Verdict.RETRY),
    ],
)
@pytest.mark.parametrize(
    "code", ["CANNOT_EXECUTE_FLOW_TRIGGER", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"]
)
def test_failed_automation_is_judged_by_what_went_wrong_inside(code, inner, verdict):
    assert verdict_of(code, f"The record couldn't be saved. {inner}: null") is verdict


def test_a_lock_inside_a_flow_is_tried_for_ever():
    message = "Flow 'SMS' failed: UNABLE_TO_LOCK_ROW: unable to obtain exclusive access"

    assert verdict_of("CANNOT_EXECUTE_FLOW_TRIGGER", message, attempts=FEW) is Verdict.RETRY


@pytest.mark.parametrize(
    "fields, verdict",
    [
        ((), Verdict.FOLLOW),
        (("Id",), Verdict.FOLLOW),
        (("SMS_Last_Campaign__c",), Verdict.PARK),
    ],
)
def test_a_wrong_reference_is_not_a_wrong_record(fields, verdict):
    assert verdict_of("INVALID_CROSS_REFERENCE_KEY", fields=fields) is verdict


@pytest.mark.parametrize(
    "code, message, fewer, verdict",
    [
        ("REQUEST_RUNNING_TOO_LONG", "", True, Verdict.RETRY),
        (
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "ContactTrigger: System.LimitException: Apex CPU time limit exceeded",
            True,
            Verdict.RETRY,
        ),
        ("TOO_MANY_RETRIES", "Too many batch retries in the presence of", True, Verdict.RETRY),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "No", False, Verdict.PARK),
        ("UNABLE_TO_LOCK_ROW", "", False, Verdict.RETRY),
        ("", "", False, Verdict.PARK),
    ],
)
def test_some_faults_want_fewer_records_in_a_call(code, message, fewer, verdict):
    assert wants_fewer(code, message) is fewer
    assert verdict_of(code, message) is verdict
