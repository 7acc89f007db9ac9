"""
What to do about each of Salesforce's error codes, as data.

Codes decide, never the messages, which come in the API user's language; the one exception is
the two kinds of REQUEST_LIMIT_EXCEEDED. Sources: REST API Developer Guide, "Status Codes and
Error Responses"; SOAP API Developer Guide, "StatusCode"; Apex Developer Guide, "Bulk DML
Exception Handling" and "Record Locks".
"""

import dataclasses
import re
from collections.abc import Mapping

from connector.domain.records import Verdict


#: Tries of what may heal by itself but often does not: a failing flow, an unknown fault.
FEW = 5


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    The verdict on one code.

    `tries`, where not 0, is after how many attempts a RETRY becomes a PARK. `systemic` marks
    what is one record's trouble alone, but the set-up's when all records of a call have it.
    """

    verdict: Verdict
    tries: int = 0
    systemic: bool = False


_RETRY = Rule(verdict=Verdict.RETRY)
_FEW = Rule(verdict=Verdict.RETRY, tries=FEW)
_PARK = Rule(verdict=Verdict.PARK)
_FOLLOW = Rule(verdict=Verdict.FOLLOW)
_STOP = Rule(verdict=Verdict.STOP)
_ACCESS = Rule(verdict=Verdict.PARK, systemic=True)

RULES: Mapping[str, Rule] = {
    # Waiting helps.
    "REQUEST_LIMIT_EXCEEDED": _RETRY,
    "UNABLE_TO_LOCK_ROW": _RETRY,
    "SERVER_UNAVAILABLE": _RETRY,
    "QUERY_TIMEOUT": _RETRY,
    "REQUEST_RUNNING_TOO_LONG": _RETRY,
    "API_CURRENTLY_DISABLED": _RETRY,
    "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE": _RETRY,
    "TOO_MANY_APEX_REQUESTS": _RETRY,
    "LIMIT_EXCEEDED": _RETRY,
    "PLATFORM_EVENT_PUBLISHING_UNAVAILABLE": _RETRY,
    "PLATFORM_EVENT_PUBLISH_FAILED": _FEW,
    "PLATFORM_EVENT_ENCRYPTION_ERROR": _FEW,
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": _RETRY,  # another record's fault
    "PROCESSING_HALTED": _RETRY,
    # Waiting may help, for a while.
    "UNKNOWN_EXCEPTION": _FEW,
    "UNKNOWN_ERROR": _FEW,
    "CANNOT_EXECUTE_FLOW_TRIGGER": _FEW,
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": _FEW,
    "APEX_ERROR": _FEW,
    "ENTITY_IS_LOCKED": _FEW,  # in an approval process, which takes days
    # The value, the record or a rule of the org must change.
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": _PARK,
    "FIELD_INTEGRITY_EXCEPTION": _PARK,
    "FIELD_FILTER_VALIDATION_EXCEPTION": _PARK,
    "REQUIRED_FIELD_MISSING": _PARK,
    "STRING_TOO_LONG": _PARK,
    "NUMBER_OUTSIDE_VALID_RANGE": _PARK,
    "INVALID_TYPE_ON_FIELD_IN_RECORD": _PARK,
    "INVALID_EMAIL_ADDRESS": _PARK,
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": _PARK,
    "DUPLICATES_DETECTED": _PARK,
    "DUPLICATE_VALUE": _PARK,
    "DUPLICATE_EXTERNAL_ID": _PARK,
    "MALFORMED_ID": _PARK,
    "JSON_PARSER_ERROR": _PARK,
    # The record went elsewhere.
    "ENTITY_IS_DELETED": _FOLLOW,
    "INVALID_CROSS_REFERENCE_KEY": _FOLLOW,
    "NOT_FOUND": _FOLLOW,
    "CANNOT_UPDATE_CONVERTED_LEAD": _FOLLOW,
    # The set-up is wrong.
    "INVALID_FIELD": _STOP,
    "INVALID_FIELD_FOR_INSERT_UPDATE": _STOP,
    "INVALID_TYPE": _STOP,
    "API_DISABLED_FOR_ORG": _STOP,
    "STORAGE_LIMIT_EXCEEDED": _STOP,
    "METHOD_NOT_ALLOWED": _STOP,
    "INSUFFICIENT_ACCESS_OR_READONLY": _ACCESS,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": _ACCESS,
    "INSUFFICIENT_ACCESS": _ACCESS,
}

#: Codes that say which fields or objects exist: what was described before no longer holds.
STALE_DESCRIPTION = frozenset(
    {"INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE", "INVALID_TYPE"}
)

#: Automation that failed: the code of what went wrong inside stands in the message.
_WRAPPERS = frozenset(
    {"CANNOT_EXECUTE_FLOW_TRIGGER", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "APEX_ERROR"}
)
#: Codes that a smaller call may not meet.
_TOO_MUCH = frozenset({"REQUEST_RUNNING_TOO_LONG", "QUERY_TIMEOUT", "TOO_MANY_APEX_REQUESTS"})
#: What Apex says where it ran out of time or tries, whichever code it is wrapped in (Apex
#: Developer Guide, "Execution Governors and Limits", "Bulk DML Exception Handling").
_RAN_OUT = re.compile(r"LimitException|CPU time limit|[Tt]oo many batch retries")
_WORD = re.compile(r"[A-Z][A-Z]+(?:_[A-Z]+)+")
#: Fields that mean the record itself, not a record it refers to.
_OWN_ID = frozenset({"id", ""})


def wants_fewer(code: str, message: str = "") -> bool:
    """Whether fewer records in a call may help: its automation ran out of time or tries."""
    return code in _TOO_MUCH or bool(code and _RAN_OUT.search(message))


def rule_of(code: str, message: str = "") -> Rule:
    """The rule for a code; unknown ones are parked, for nobody knows that repeating is safe."""
    if code not in RULES and wants_fewer(code, message):
        return _FEW
    if code in _WRAPPERS:
        inner = (RULES[word] for word in _WORD.findall(message) if word in RULES)
        told = (rule for rule in inner if rule in (_RETRY, _PARK))
        return next(told, RULES[code])
    if code.startswith("TXN_SECURITY"):
        return _STOP
    if code.startswith("EXCEEDED_MAX"):
        return _RETRY
    return RULES.get(code, _PARK)


def verdict_of(
    code: str, message: str = "", *, fields: tuple[str, ...] = (), attempts: int = 0
) -> Verdict:
    """What to do with one record that was refused with this code after so many attempts."""
    if code == "INVALID_CROSS_REFERENCE_KEY" and not _OWN_ID.issuperset(map(str.lower, fields)):
        return Verdict.PARK  # a lookup of ours points to nothing; the record is where it was
    rule = rule_of(code, message)
    if rule.tries and attempts >= rule.tries:
        return Verdict.PARK
    return rule.verdict
