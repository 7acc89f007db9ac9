"""A mapping proposed from what an object looks like: phone fields, ours, other packages'."""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from connector import mapping
from connector.domain.errors import ConfigurationError
from connector.mapping import FACTS, FactKind, FieldRule, Mapping, Topic
from connector.mapping.targets import (
    PERSON_ACCOUNT,
    field_problem,
    is_flag,
    says_opted_in,
    says_opted_out,
)
from connector.salesforce.describe import FieldDescription, ObjectDescription
from connector.setup.mapping_check import compare


_OPTED_OUT = "consent.opted_out"
#: Opt-outs of other packages by API name (the packages' own field lists; none is certain).
_PACKAGES = {
    "et4ae5__hasoptedoutofmobile": "Marketing Cloud Connect",
    "mogli_sms__mogli_opt_out": "Mogli SMS",
    "smagicinteract__smsoptout": "SMS-Magic",
    "tdc_tsw__sms_opt_out": "360 SMS",
}
#: What a number is not texted to: a fax, or somebody else's telephone.
_NOT_TEXTED = {"fax": "no message reaches a fax", "assistant": "another person's number"}
#: The most likely first; the rest as the org has them.
_MOBILE = ("mobile", "cell", "sms", "handy")
_OTHER_CHANNELS = ("email", "fax", "call", "mail", "whatsapp", "voice", "post", "print")
_NUMBER_WORDS = ("phone", "mobile", "cell", "msisdn", "smsnumber")
_TEXTS = ("string", "phone")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PhoneField:
    """A field that numbers are read from, and why."""

    name: str
    why: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A field that is written, the fact that fills it, and why."""

    name: str
    fact: str
    why: str = ""
    inverted: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """
    A mapping for one object, to be read by a person before it is used.

    `left_out` are fields that look as if they belonged in it, each with what speaks against
    it. `without` are facts for which no field was found, each with the name that ours would
    have.
    """

    object: str
    label: str
    phones: Sequence[PhoneField]
    fields: Sequence[Proposed]
    left_out: Sequence[tuple[str, str]]
    without: Sequence[tuple[str, str]]
    has_persons: bool = False


def propose(described: ObjectDescription) -> Proposal:
    """Raises ConfigurationError where the object has no field that anything could go to."""
    ours, without = _ours(described)
    others = list(_opt_outs(described, {each.name.lower() for each in ours}))
    taken = {each.name.lower() for each in (*ours, *others)}
    phones = [each for each in _phones(described) if each.name.lower() not in taken]
    if not ours and not others:
        raise ConfigurationError(
            f"{described.name}: no field here that the integration user may write and that a"
            " fact fits; `connector setup apply` makes ours on Contact and Lead, on another"
            " object make fields with the same names, such as SMS_Delivery_Status__c"
        )
    return Proposal(
        object=described.name,
        label=described.label,
        phones=phones,
        fields=(*ours, *others),
        left_out=[*_not_texted(described), *_flags(described)],
        without=without,
        has_persons=described.field("IsPersonAccount") is not None,
    )


def _ours(described: ObjectDescription) -> tuple[list[Proposed], list[tuple[str, str]]]:
    """Fields with the names that we give, and the facts for which there is none."""
    found, without = [], []
    for rule in mapping.load(mapping.packaged() / "contact.yaml").fields:
        field = described.field(rule.field) or _of_person(described, rule.field)
        proposed = _fitting(described, field, rule.fact.name) if field else None
        if proposed:
            found.append(proposed)
        else:
            state = "read-only or of another type" if field else "not there, or hidden"
            without.append((rule.fact.name, f"{rule.field} is {state}"))
    named = {fact for fact, _ in without} | {each.fact for each in found}
    without += [
        (fact.name, "")
        for fact in FACTS.values()
        if fact.name not in named and fact.topic is not Topic.MESSAGE
    ]
    return found, without


def _of_person(described: ObjectDescription, name: str) -> FieldDescription | None:
    """The same field of a person account: Contact's X__c is the account's X__pc."""
    if described.name != PERSON_ACCOUNT:
        return None
    return described.field(f"{name.removesuffix('__c')}__pc")


def _fitting(
    described: ObjectDescription,
    field: FieldDescription,
    fact: str,
    *,
    why: str = "",
    inverted: bool = False,
) -> Proposed | None:
    """The field with this fact, if the object would take it."""
    rule = FieldRule(field=field.name, fact=FACTS[fact], inverted=inverted)
    alone = Mapping(object=described.name, fields=(rule,), path=Path())
    found = [each for each in compare(alone, described) if each.name == field.name]
    if field_problem(field.name, described.name) or any(each.refused for each in found):
        return None
    doubts = [each.text for each in found]
    said = "; ".join(filter(None, (why, *doubts)))
    return Proposed(name=field.name, fact=fact, why=said, inverted=inverted)


def _opt_outs(described: ObjectDescription, taken: set[str]) -> Iterator[Proposed]:
    """Checkboxes of others that say whether a person may be texted."""
    for field in described.fields.values():
        if field.type != FactKind.BOOLEAN or field.name.lower() in taken or not field.custom:
            continue
        why, inverted = _meaning(field)
        if why:
            proposed = _fitting(described, field, _OPTED_OUT, why=why, inverted=inverted)
            if proposed:
                yield proposed


def _meaning(field: FieldDescription) -> tuple[str, bool]:
    """Why a checkbox is taken for an opt-out or opt-in, and whether it is the latter."""
    bare = re.sub(r"__p?c$", "", field.name.lower())
    if package := _PACKAGES.get(bare):
        return f"the opt-out of {package}", False
    plain = bare.replace("_", "")
    if any(channel in plain for channel in _OTHER_CHANNELS):
        return "", False
    if says_opted_in(field.name) or "optin" in plain or "optedin" in plain:
        # A name with both words in it says neither.
        sure = says_opted_in(field.name) and "optout" not in plain
        return ("ticked means: may be texted; hence inverted", True) if sure else ("", False)
    if says_opted_out(field.name) or "optout" in plain or "optedout" in plain:
        return "its name says opt-out: look whether it is about text messages", False
    return "", False


def _phones(described: ObjectDescription) -> Iterator[PhoneField]:
    """The fields in which numbers stand, those that messages go to first."""
    found = [
        field
        for field in described.fields.values()
        if _holds_numbers(field) and not _why_not_texted(field)
    ]
    for field in sorted(found, key=_unlikely):
        why = field.label
        if field.type != "phone":
            why += ": text, but its name speaks of a number"
        yield PhoneField(name=field.name, why=why)


def _holds_numbers(field: FieldDescription) -> bool:
    if field.type == "phone":
        return not field.name.lower().startswith("sms_phone_e164")
    plain = field.name.lower().replace("_", "")
    named = any(word in plain for word in _NUMBER_WORDS)
    ours = field.name.lower().startswith("sms_")
    return named and field.custom and field.type in _TEXTS and not ours


def _unlikely(field: FieldDescription) -> tuple[bool, bool, bool]:
    """Sorts what is less likely to be texted behind; the org's order decides the rest."""
    plain = field.name.lower()
    standard = "mobilephone" in plain and not field.custom
    return (
        field.type != "phone",
        not standard,
        not any(word in plain for word in _MOBILE) and plain != "phone",
    )


def _why_not_texted(field: FieldDescription) -> str:
    plain = field.name.lower()
    return next((why for word, why in _NOT_TEXTED.items() if word in plain), "")


def _not_texted(described: ObjectDescription) -> Iterator[tuple[str, str]]:
    for field in described.fields.values():
        why = _why_not_texted(field)
        if why and field.type == "phone":
            yield field.name, why


def _flags(described: ObjectDescription) -> Iterator[tuple[str, str]]:
    for field in described.fields.values():
        if is_flag(field.name):
            yield field.name, "another channel, which a STOP by text does not mean"
