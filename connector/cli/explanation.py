"""An explanation in words, 80 columns wide: headings, and under each a label and its text."""

import sys
from collections.abc import Iterable, Iterator, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from connector.cli.callback_view import place, safe
from connector.cli.moments import shown
from connector.domain.delivery import Delivery
from connector.domain.records import FieldValue
from connector.pipeline.campaign_view import NO_CAMPAIGN
from connector.pipeline.explain import (
    Explanation,
    MessageStory,
    PhoneStory,
    RecordAnswer,
    RecordStory,
    Said,
    SeenEvent,
)
from connector.pipeline.sought import Sought
from connector.store.bulk_jobs import KeptJob
from connector.store.directory import Holder
from connector.store.outbox import Waiting
from connector.store.writes import Write


#: A label and what it says; in a heading the text is empty.
Line = tuple[str, str]

_WIDTH = 80
_LABEL = 11
_ANSWERS = {
    "written": "written",
    "retry": "postponed",
    "again": "not decided by a bulk job",
    "park": "refused",
    "follow": "went elsewhere",
    "stop": "stopped all",
}


def tell(explanation: Explanation) -> None:
    """Print it to standard output; times are UTC."""
    tell_sections(sections(explanation))


def tell_sections(found: Iterable[tuple[str, Iterable[Line]]]) -> None:
    """Headings, and under each its lines, folded at the edge of the screen."""
    width = None if sys.stdout.isatty() else _WIDTH
    console = Console(width=width, highlight=False)
    for count, (heading, lines) in enumerate(found):
        if count:
            console.print()
        console.print(Text(heading, style="bold"))
        table = Table.grid(padding=(0, 2))
        table.add_column(min_width=_LABEL, no_wrap=True)
        table.add_column(overflow="fold")
        for label, text in lines:
            table.add_row(Text(f"  {label}"), Text(safe(text)))
        console.print(table)


def sections(explanation: Explanation) -> Iterator[tuple[str, Iterable[Line]]]:
    for message in explanation.messages:
        yield from _message(message)
    if explanation.record:
        yield from _record(explanation.record)
    if explanation.phone:
        yield from _phone(explanation.phone)


def _message(message: MessageStory) -> Iterator[tuple[str, Iterable[Line]]]:
    delivery = message.delivery
    gateway = place(delivery.gateway, delivery.account)
    yield f"Message {delivery.message_id} of {gateway} (times are UTC)", _state(message)
    callbacks = [
        (f"#{each.id}", f"{shown(each.received_at)} {each.method} {each.target}")
        for each in message.callbacks
    ]
    yield "Callbacks", callbacks or [("none", "what is known was registered, or too old")]
    yield "Events, as they came", [_event(each) for each in message.events]
    why = [("none", message.why_none)] if message.why_none else []
    chosen = [
        (on.story.record.object, f"{on.story.record.id}: {on.because}")
        for on in message.shown_on
    ]
    over = [("not", f"{_holder(each)} too") for each in message.passed_over]
    yield "Shown on", [*chosen, *why, *over, *map(_sought, message.sought)]
    for on in message.shown_on:
        record = on.story.record
        yield f"To {record.object} {record.id}", list(_writing(on.story))


def _sought(sought: Sought) -> Line:
    """A record that only Salesforce can name, and has not named yet."""
    if not sought.attempts:
        return "sought", f"{sought.object} {sought.what}: not asked for yet"
    noun = "time" if sought.attempts == 1 else "times"
    last = shown(sought.asked_at) if sought.asked_at else "never"
    asked = f"asked {sought.attempts} {noun}, last {last}"
    why = f"refused with {sought.error}" if sought.error else "not found"
    following = f"next {shown(sought.next_at)}" if sought.next_at else "not asked for any more"
    label = "sought" if sought.next_at else "given up"
    return label, f"{sought.object} {sought.what}: {why}, {asked}, {following}"


def _state(message: MessageStory) -> Iterator[Line]:
    delivery = message.delivery
    yield from _standing(message)
    if delivery.recipient:
        sender = f" from {delivery.sender}" if delivery.sender else ""
        yield "to", f"{delivery.recipient}{sender}"
    how = "first seen"
    if delivery.sent_at:
        registered = any(each.event.kind == "registration" for each in message.events)
        how = "as registered" if registered else "as the gateway says"
    yield "sent", f"{shown(message.started_at)} ({how})"
    for label, value in (
        ("ref", delivery.reference),
        ("registered", delivery.registered_record),
    ):
        if value:
            yield label, value
    if told := message.campaign:
        yield "campaign", f"{told.campaign or NO_CAMPAIGN}: {told.because}"


def _standing(message: MessageStory) -> Iterator[Line]:
    """Where it stands, and whether a gateway says so or only the time."""
    delivery = message.delivery
    if message.shown_status:
        yield "status", f"{message.shown_status} since {shown(message.status_at)}"
    else:
        yield "status", "none yet: no report said anything that its gateway documents"
    if delivery.is_given_up:
        word = f"the last word was {delivery.status}" if delivery.status else "no word came"
        yield "given up", f"by us: no final report came in time, {word}"
    elif delivery.is_overdue and delivery.overdue_since:
        yield "late", f"a soft failure since {shown(delivery.overdue_since)}"
    if delivery.shown_reason or delivery.shown_error_code:
        code = delivery.shown_error_code
        yield (
            "reason",
            f"{delivery.shown_reason or 'none'} ({f'code {code}' if code else 'no code'})",
        )


def _event(seen: SeenEvent) -> Line:
    event = seen.event
    said = f"{event.kind} {event.word}".rstrip()
    code = f", code {event.error_code}" if event.error_code else ""
    at = f", of {shown(event.occurred_at)}" if event.occurred_at else ""
    by_hand = "asked for" if event.asked_for else "API"
    source = f"#{event.callback_id}" if event.callback_id else by_hand
    decides = " decides" if seen.decides else ""
    return f"{source}{decides}", f"{shown(event.received_at)} {said}{code}{at}"


def _writing(story: RecordStory) -> Iterator[Line]:
    """What the record has yet to get, then what it got, the newest first."""
    if lane := story.stopped:
        when = f"since {shown(lane.since)}, next try {shown(lane.retry_at)}"
        yield "STOPPED", f"all of {lane.object} {when}: {lane.error_code} {lane.message}"
    if one := story.refused:
        more = f"`connector refused show {story.record.id}`"
        yield "REFUSED", f"since {shown(one.since)}: {one.error_code} {one.message}; {more}"
    if story.marked:
        yield "to do", "what it shall show has yet to be worked out anew"
    if story.pending and story.job:
        yield "bulk job", _job(story.job)
    for waiting in story.pending:
        yield "pending", _waiting(waiting)
    for count, write in enumerate(story.writes):
        yield "answer" if count else "last", _write(write, values=not count)
    if not (story.marked or story.pending or story.writes or story.refused):
        yield "nothing", "no write waits, and none is remembered"


def _job(job: KeptJob) -> str:
    done = f"{job.processed:,} of {job.records:,} records done"
    since = shown(job.created_at)
    return f"all but opt-outs wait for {job.salesforce_id or 'it'} since {since}: {done}"


def _waiting(waiting: Waiting) -> str:
    tries = ""
    if waiting.attempts:
        noun = "try" if waiting.attempts == 1 else "tries"
        tries = f", {waiting.attempts} {noun}, next {shown(waiting.not_before)}"
    return f"{waiting.topic} since {shown(waiting.since)}{tries}{_values(waiting.fields)}"


def _write(write: Write, *, values: bool) -> str:
    answer = f"{_ANSWERS.get(write.verdict, write.verdict)} {write.error_code}".rstrip()
    noun = "field" if len(write.fields) == 1 else "fields"
    count = f"{len(write.fields)} {noun}"
    return f"{shown(write.at)} {answer}, {count}{_values(write.fields) if values else ''}"


def _values(fields: Mapping[str, FieldValue]) -> str:
    """A field a line, below what is said of all of them."""
    return "".join(
        f"\n{name} = {'(cleared)' if value is None else value}"
        for name, value in fields.items()
    )


def _record(answer: RecordAnswer) -> Iterator[tuple[str, Iterable[Line]]]:
    story = answer.story
    yield f"{story.record.object or 'Record'} {story.record.id} (times are UTC)", _known(answer)
    yield "Messages, the latest first", _messages(answer.messages)
    yield "Writes", list(_writing(story))


def _known(answer: RecordAnswer) -> Iterator[Line]:
    story = answer.story
    for field, phone in story.phones.items():
        yield "holds", f"{phone} in {field}"
    if not story.phones:
        yield "holds", "no number that we know of"
    if story.successor:
        went = story.successor
        yield "went to", f"{went.object} {went.id}: `connector explain {went.id}`"
    elif story.deleted:
        yield "gone", "deleted in Salesforce"
    for consent in answer.consents:
        word = "opted out" if consent.opted_out else "opted in again"
        yield "consent", f"{consent.phone} {word} since {shown(consent.changed_at)}"


def _phone(phone: PhoneStory) -> Iterator[tuple[str, Iterable[Line]]]:
    yield f"Number {phone.phone} (times are UTC)", _consent(phone)
    if phone.said:
        yield "What was said, the newest first", [_said(each) for each in phone.said]
    held = [(each.record.object, f"{each.record.id} in {each.field}") for each in phone.holders]
    yield "Held by", held or [("nobody", "no record in the phone directory has it")]
    yield "Messages, the latest first", _messages(phone.messages)


def _said(said: Said) -> Line:
    event = said.event
    source = f"#{said.callback_id}" if said.callback_id else event.source
    keyword = f" '{event.keyword}'" if event.keyword not in {"", event.kind} else ""
    through = place(event.gateway or event.source, event.account)
    return source, f"{shown(event.at)} {event.kind}{keyword} ({through})"


def _consent(phone: PhoneStory) -> Iterator[Line]:
    consent = phone.consent
    if consent is None or phone.changed_at is None:
        yield "consent", "nothing was ever said: neither opted out nor in"
    else:
        word = "OPTED OUT" if phone.opted_out else "opted in again"
        how = f" ({consent.source} '{consent.keyword}')" if phone.opted_out else ""
        yield "consent", f"{word} since {shown(phone.changed_at)}{how}"
    if phone.engagement and phone.engagement.last_reply_at:
        yield "replied", shown(phone.engagement.last_reply_at)
    if phone.engagement and phone.engagement.last_click_at:
        yield "clicked", shown(phone.engagement.last_click_at)


def _messages(messages: Iterable[Delivery]) -> list[Line]:
    told = [
        (
            each.gateway,
            f"{shown(each.started_at)} {each.message_id}: {each.shown_status or 'no status'}"
            + (f" ({each.shown_reason})" if each.shown_reason else ""),
        )
        for each in messages
    ]
    return told or [("none", "no message is known")]


def _holder(holder: Holder) -> str:
    return (
        f"{holder.record.object} {holder.record.id}, which holds the number in {holder.field}"
    )
