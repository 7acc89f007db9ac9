"""How consent is shown: 80 columns for people, whole for programs."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from connector.cli.callback_view import place, safe
from connector.cli.explanation import Line
from connector.cli.moments import shown
from connector.domain.consent import Consent, ConsentEvent, ConsentKind, ConsentSource
from connector.pipeline.consent_story import ConsentStory, HolderState
from connector.pipeline.review import Question
from connector.pipeline.review_queue import ASKED
from connector.pipeline.suppression import Answer, Rule
from connector.store.decisions import Decision


_KINDS = {
    ConsentKind.STOP: "STOP",
    ConsentKind.START: "START",
    ConsentKind.HELP: "HELP",
    ConsentKind.REVIEW: "doubt",
    ConsentKind.REQUEST: "request",
    ConsentKind.SETTLED: "settled",
}
RULES = {
    Rule.NOTHING_AGAINST: "nothing against it",
    Rule.OPTED_IN_AGAIN: "opted in again",
    Rule.OPTED_OUT: "opted out",
    Rule.UNDER_REVIEW: "under review",
    Rule.NOT_A_NUMBER: "no phone number",
    Rule.RESTORED: "the database was restored, and an opt-out may be missing",
}


def state_line(phone: str, state: Consent | None) -> str:
    """What holds now, and since when, in one line."""
    if state is None or not state.version:
        return safe(f"{phone} may be texted: nothing was ever said against it")
    since = since_words(state)
    if not state.opted_out:
        return safe(f"{phone} may be texted: nothing stands against it {since}".rstrip())
    what = "under review" if state.doubtful else "opted out"
    return safe(f"{phone} must NOT be texted: {what} {since}")


def since_words(state: Consent) -> str:
    return f"since {shown(state.changed_at)[:16]} UTC" if state.changed_at else ""


def story_sections(story: ConsentStory, now: datetime) -> Iterator[tuple[str, Iterable[Line]]]:
    """The story of a number below its state."""
    yield state_line(story.phone, story.state), list(_about(story))
    if story.said or story.decisions:
        yield "What was said and asked, the oldest first (times are UTC)", _timeline(story)
    if story.questions:
        yield (
            "Waits for a decision",
            [(each.id[:8], f"{_asked(each)}, {age(each, now)}") for each in story.questions],
        )
    yield (
        "Held in Salesforce by",
        [_holder(each) for each in story.holders]
        or [("nobody", "no record in the phone directory has it")],
    )


def _about(story: ConsentStory) -> Iterator[Line]:
    if story.state and story.state.opted_out:
        yield "because", _because(story.state)
    yield "version", str(story.version)
    if story.erased:
        yield "erased", "what was said before is kept under a name, without the number"
    for scope, state in sorted(story.scopes.items()):
        if scope:
            word = "opted out" if state.opted_out else "not opted out"
            yield "brand", f"{scope}: {word} {since_words(state)}".rstrip()


def _because(state: Consent) -> str:
    if state.doubtful:
        return f"{state.source}, in words that may mean STOP"
    return f"{state.source} '{state.keyword}'" if state.keyword else state.source


def _timeline(story: ConsentStory) -> list[Line]:
    said = [
        (each.event.at, 0, shown(each.event.at), said_line(each.event, each.callback_id))
        for each in story.said
    ]
    told = [(each.at, 1, shown(each.at), _told_line(each)) for each in story.decisions]
    lines = [(label, text) for _, _, label, text in sorted(said + told)]
    return [("...", "older ones are left out"), *lines] if story.more_said else lines


def said_line(event: ConsentEvent, callback_id: int) -> str:
    """What one event says, from where, who says so, and where the proof is."""
    keyword = f" '{event.keyword}'" if event.keyword not in {"", event.kind} else ""
    through = place(event.gateway, event.account) if event.gateway else ""
    parts = [
        f"{event.source}{keyword}" + (f" through {through}" if through else ""),
        f"callback #{callback_id}" if callback_id else "",
        f"{_what(event)} {event.message_id}" if event.message_id else "",
        f"to {event.sender}" if event.sender else "",
        f"brand {event.scope}" if event.scope else "",
        f"by {event.actor}" if event.actor else "",
        f"about {event.about[:8]}" if event.about else "",
        f"because {event.reason}" if event.reason else "",
        f"evidence {event.evidence}" if event.evidence else "",
    ]
    return f"{_KINDS[event.kind]}: " + ", ".join(part for part in parts if part)


def _what(event: ConsentEvent) -> str:
    """What the id names: of what Salesforce says, the record."""
    return "record" if event.source == ConsentSource.SALESFORCE else "message"


def _told_line(decision: Decision) -> str:
    word = "yes" if decision.sendable else "no"
    rule = RULES[Rule(decision.rule)]
    brand = f" for brand {decision.scope}" if decision.scope else ""
    return f"{decision.actor} asked{brand} and was told {word}: {rule}"


def _holder(holder: HolderState) -> Line:
    fields = ", ".join(f"{name} = {value}" for name, value in holder.written.items())
    state = f"has {fields}" if fields else "has nothing of it"
    if holder.refused:
        record = holder.record.id
        state += f"; refused {holder.refused}: `connector refused show {record}`"
    elif holder.waits:
        state += "; a change is on its way"
    return holder.record.object, f"{holder.record.id} in {holder.field}: {state}"


def _asked(question: Question) -> str:
    return ASKED.get(question.event.kind, question.event.kind)


def age(question: Question, now: datetime) -> str:
    """How long it has waited, and until when it may."""
    return f"waits {span(now - question.event.received_at)}, {due_words(question, now)}"


def due_words(question: Question, now: datetime) -> str:
    if now > question.due:
        return f"OVERDUE by {span(now - question.due)}"
    return f"due {shown(question.due)[:10]}"


def span(length: timedelta) -> str:
    """In the biggest unit that fits."""
    minutes = max(int(length.total_seconds()) // 60, 0)
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return "less than a minute"


def question_rows(found: Sequence[Question], now: datetime) -> list[tuple[object, ...]]:
    return [
        (
            each.id[:8],
            each.event.phone,
            _asked(each),
            span(now - each.event.received_at),
            due_words(each, now),
        )
        for each in found
    ]


def question_facts(question: Question, now: datetime) -> dict[str, object]:
    return {
        "id": question.id,
        "phone": question.event.phone,
        "kind": question.event.kind.value,
        "scope": question.event.scope or None,
        "at": question.event.at,
        "source": question.event.source,
        "callback_id": question.callback_id or None,
        "due": question.due,
        "overdue": now > question.due,
        "version": question.version,
    }


def state_facts(phone: str, state: Consent | None) -> dict[str, object]:
    if state is None:
        return {"phone": phone, "opted_out": False, "version": 0}
    return {**dataclasses.asdict(state), "phone": phone}


def answer_facts(answer: Answer) -> dict[str, object]:
    """As the API says it."""
    opens_at = answer.hours.opens_at
    return {
        "number": answer.given,
        "phone": answer.phone or None,
        "sendable": answer.sendable,
        "rule": answer.rule.value,
        "since": answer.since,
        "source": answer.source or None,
        "version": answer.version,
        "in_hours": answer.hours.open,
        "hours_begin_at": opens_at,
    }


def story_facts(story: ConsentStory, now: datetime) -> dict[str, object]:
    return {
        **state_facts(story.phone, story.state),
        "erased": story.erased,
        "scopes": {
            scope: state_facts(story.phone, state) for scope, state in story.scopes.items()
        },
        "said": [
            {"id": each.event.id, "callback_id": each.callback_id or None}
            | dataclasses.asdict(each.event)
            for each in story.said
        ],
        "open": [question_facts(each, now) for each in story.questions],
        "decisions": story.decisions,
        "holders": [
            {**dataclasses.asdict(each), "record": each.record.id, "object": each.record.object}
            for each in story.holders
        ],
    }
