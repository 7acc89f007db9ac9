"""Whether a fact can be written as a rule says: its table, its inversion, its field's name."""

from collections.abc import Iterator

from connector.domain.records import FieldValue
from connector.mapping.document import quoted
from connector.mapping.fact import Fact, FactKind
from connector.mapping.rules import FieldRule
from connector.mapping.targets import nearest, says_opted_in, says_opted_out


_OPTED_OUT = "consent.opted_out"
_TRANSLATED = (FactKind.PICKLIST, FactKind.TEXT, FactKind.BOOLEAN)


def possible_values(fact: Fact) -> tuple[str, ...]:
    """What a translation table may name; nothing where the fact is free text."""
    return ("false", "true") if fact.kind is FactKind.BOOLEAN else fact.values


def problems(rule: FieldRule, *, has_other: bool, has_empty: bool) -> Iterator[str]:
    """Everything that speaks against a rule, one line each."""
    if rule.inverted and rule.fact.kind is not FactKind.BOOLEAN:
        yield f"only true and false can be inverted, not {rule.fact.name} ({rule.fact.kind})"
    elif rule.inverted and rule.translate:
        yield "'inverted' and 'translate' exclude each other"
    if rule.translate:
        yield from _table(rule, has_other=has_other, has_empty=has_empty)
    elif has_other or has_empty:
        yield "'other' and 'empty' belong to a 'translate' table"
    yield from _consent(rule)


def _table(rule: FieldRule, *, has_other: bool, has_empty: bool) -> Iterator[str]:
    fact, possible = rule.fact, possible_values(rule.fact)
    if fact.kind not in _TRANSLATED:
        yield f"{fact.name} ({fact.kind}) cannot be translated"
        return
    if possible:
        for value in rule.translate:
            if value not in possible:
                hint = nearest(value, possible)
                yield f"{fact.name} is never {quoted(value)}{hint}"
    missing = [value for value in possible if value not in rule.translate]
    if missing and not has_other:
        yield f"'translate' lacks {', '.join(missing)}; add them, or 'other:'"
    if not possible and not has_other:
        yield f"{fact.name} can be any text: 'translate' wants 'other:' as well"
    yield from _outcome(rule, has_other=has_other, has_empty=has_empty)


def _outcome(rule: FieldRule, *, has_other: bool, has_empty: bool) -> Iterator[str]:
    written = list(rule.translate.values())
    written += [rule.other] if has_other else []
    kinds = {_kind(value) for value in written if value is not None}
    if has_empty and rule.empty is not None:
        kinds.add(_kind(rule.empty))
    if len(kinds) > 1:
        yield f"translates to {' and '.join(sorted(kinds))}: one field holds one kind"
    elif kinds == {"true/false"}:
        if None in written or (has_empty and rule.empty is None):
            yield "a checkbox is true or false, never null"
        elif rule.fact.may_be_empty and not has_empty:
            yield f"{rule.fact.name} may be empty and a checkbox may not: add 'empty: false'"


def _kind(value: FieldValue) -> str:
    if isinstance(value, bool):
        return "true/false"
    return "text" if isinstance(value, str) else "numbers"


def _consent(rule: FieldRule) -> Iterator[str]:
    """Nothing may clear an opt-out, or tick an opt-in, because somebody said STOP."""
    is_consent = rule.fact.name == _OPTED_OUT
    if says_opted_out(rule.field) and not is_consent:
        yield f"an opt-out field takes {_OPTED_OUT} only: nothing else may clear it"
    if not is_consent:
        return
    on_stop: FieldValue = not rule.inverted
    if rule.translate:
        on_stop = rule.translate.get("true", rule.other)
    if says_opted_out(rule.field) and on_stop in (False, None):
        yield "a STOP would clear this opt-out; leave out the inversion"
    if says_opted_in(rule.field) and on_stop is True:
        yield "a STOP would tick this opt-in; add 'inverted: true'"
