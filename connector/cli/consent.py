"""Consent: who may be texted, how that came about, and what has to be decided."""

import sys
from datetime import datetime

import click

from connector.cli.acting import (
    brand_named,
    os_user,
    phone_of,
    scope_option,
    sender_option,
)
from connector.cli.callback_view import safe
from connector.cli.consent_files import export_file, import_file
from connector.cli.consent_lists import lists
from connector.cli.consent_record import record, review
from connector.cli.consent_view import (
    RULES,
    answer_facts,
    question_facts,
    question_rows,
    state_facts,
    story_facts,
    story_sections,
)
from connector.cli.explanation import tell_sections
from connector.cli.moments import shown
from connector.cli.opening import opened
from connector.cli.printing import json_option, print_json, print_table
from connector.clock import system_clock
from connector.domain.consent import Consent
from connector.domain.errors import ConfigurationError, ConnectorError
from connector.pipeline.consent_story import consent_story
from connector.pipeline.review import open_questions
from connector.pipeline.suppression import Rule
from connector.pipeline.suppression import check as ask
from connector.settings import Settings
from connector.wiring.local import phone_reader


#: Rows that one number may have beyond the end of a page.
_MOST_BRANDS = 100
_limit_option = click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many."
)


@click.group()
def consent() -> None:
    r"""
    Show, check and record consent, decide what is open, import and export opt-outs.

    \b
    Example:
      connector consent show +447700900123
    """


consent.add_command(lists)
consent.add_command(record)
consent.add_command(review)
consent.add_command(export_file)
consent.add_command(import_file)


@consent.command()
@click.argument("phone")
@json_option
def show(phone: str, *, as_json: bool) -> None:
    r"""
    Show how the consent of a number came about.

    What was said, who asked and what they were told, and what Salesforce has. Exit code 1:
    nothing is known of it.

    \b
    Example:
      connector consent show '07700 900123'
    """
    settings = Settings.from_environment()
    number = phone_of(phone_reader(settings), phone)
    with opened(settings) as store:
        story = consent_story(store, number)
        with store.transaction(reads=True) as transaction:
            restored = transaction.restorations.current()
    if not story:
        raise ConnectorError(f"nothing is known of {number}: nobody said STOP, none asked")
    now = system_clock()
    if as_json:
        print_json(story_facts(story, now))
    else:
        tell_sections(story_sections(story, now))
        if restored:
            click.echo(f"\nBut {RULES[Rule.RESTORED]}: senders are told no.")


@consent.command()
@click.argument("phones", nargs=-1, required=True, metavar="PHONE...")
@scope_option
@sender_option
@json_option
def check(phones: tuple[str, ...], scope: str, sender: str, *, as_json: bool) -> None:
    r"""
    Tell whether these numbers may be texted.

    The answer is kept, as for every sender that asks. Exit code 1: at least one may not.

    \b
    Examples:
      connector consent check +447700900123 +447700900124
      connector consent check +447700900123 --sender ACME
    """
    settings = Settings.from_environment()
    read_phone = phone_reader(settings)
    if scope and sender:
        raise ConfigurationError("--scope or --sender, not both")
    scope = brand_named(scope, settings.brands) or read_phone.brand(sender)
    with opened(settings) as store:
        answers = ask(store, phones, read_phone, system_clock, actor=os_user(), scope=scope)
    if as_json:
        print_json([answer_facts(each) for each in answers])
    else:
        rows = [
            (
                each.phone or each.given,
                "yes" if each.sendable else "NO",
                RULES[each.rule],
                shown(each.since)[:16],
                shown(each.hours.opens_at)[:16],
            )
            for each in answers
        ]
        print_table(["number", "text it", "because", "since", "quiet until"], rows)
    if not all(each.sendable for each in answers):
        sys.exit(1)


@consent.command("list")
@click.option("--opted-out", "opted_out", is_flag=True, help="Who is opted out: the default.")
@click.option("--review", "reviewed", is_flag=True, help="What waits for a decision.")
@_limit_option
@click.option("--after", default="", metavar="PHONE", help="Beyond this number.")
@json_option
def list_all(limit: int, after: str, *, opted_out: bool, reviewed: bool, as_json: bool) -> None:
    r"""
    List who must not be texted, by number.

    \b
    Examples:
      connector consent list --limit 100
      connector consent list --limit 100 --after +447700900123
    """
    if opted_out and reviewed:
        raise ConfigurationError("--opted-out or --review, not both")
    if reviewed and after:
        raise ConfigurationError("--after goes with --opted-out")
    settings = Settings.from_environment()
    beyond = phone_of(phone_reader(settings), after) if after else ""
    if reviewed:
        _list_questions(settings, limit, system_clock(), as_json=as_json)
        return
    with opened(settings) as store, store.transaction(reads=True) as t:
        found = _whole(t.consents.opted_out(after=beyond, limit=limit + _MOST_BRANDS), limit)
        total, erased = t.consents.opted_out_count(), t.consents.erased_count()
    if as_json:
        listed = [{**state_facts(each.phone, each), "scope": scope} for scope, each in found]
        print_json({"opted_out": listed, "total": total, "erased": erased})
        return
    rows = [
        (
            safe(each.phone),
            scope or "all",
            shown(each.changed_at),
            each.source,
            "under review" if each.doubtful else safe(each.keyword),
        )
        for scope, each in found
    ]
    if rows:
        print_table(["number", "brand", "since", "source", "word"], rows)
    more = f"; go on with --after {rows[-1][0]}" if len(rows) >= limit else ""
    gone = f", and {erased} whose number was erased" if erased else ""
    click.echo(f"{total} opted out{gone}{more}")


def _whole(found: list[tuple[str, Consent]], limit: int) -> list[tuple[str, Consent]]:
    """So many rows, and the last number with all of its brands."""
    last = found[:limit][-1][1].phone if found else ""
    return [each for count, each in enumerate(found) if count < limit or each[1].phone == last]


def _list_questions(settings: Settings, limit: int, now: datetime, *, as_json: bool) -> None:
    with opened(settings) as store, store.transaction(reads=True) as t:
        found = open_questions(t, limit)
    if as_json:
        print_json([question_facts(each, now) for each in found])
    elif found:
        print_table(["id", "number", "what", "waits", "decide"], question_rows(found, now))
    else:
        click.echo("nothing waits for a decision")
