"""The raw callbacks: what came, what could not be read, and reading it again."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import click

from connector.cli.callback_view import body_facts, event_facts, event_line, lines, place
from connector.cli.callbacks_reconcile import reconcile
from connector.cli.moments import shown, since
from connector.cli.opening import opened
from connector.cli.printing import json_option, print_json, print_table
from connector.clock import system_clock
from connector.domain.callback import KeptCallback
from connector.domain.errors import CallbackUnreadableError, ConfigurationError, ConnectorError
from connector.gateways import find, installed
from connector.gateways.base import Event, Question
from connector.pipeline import replay as again
from connector.pipeline.events import events_of
from connector.settings import Settings
from connector.store import Store
from connector.store.errands import Errand, ErrandState
from connector.store.inbox import ListedCallback, without_parts


_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

_gateway_option = click.option(
    "--gateway", default="", metavar="NAME", help="Those of one gateway only."
)
_quarantined_option = click.option(
    "--quarantined", is_flag=True, help="Those only that could not be read."
)


@click.group()
def callbacks() -> None:
    r"""
    List and show the raw callbacks, and have them read again.

    \b
    Example:
      connector callbacks list --quarantined
    """


callbacks.add_command(reconcile)


@callbacks.command("list")
@_gateway_option
@_quarantined_option
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many."
)
@json_option
def list_all(gateway: str, limit: int, *, quarantined: bool, as_json: bool) -> None:
    r"""
    List callbacks, the newest first; times are UTC.

    \b
    Example:
      connector callbacks list --gateway twilio --limit 50
    """
    if gateway and not quarantined:
        find(gateway)
    with opened(Settings.from_environment()) as store:
        found, reasons = _listed(store, gateway, limit, quarantined=quarantined)
    if as_json:
        print_json([{**_facts(each), "quarantine": reasons.get(each.id)} for each in found])
        return
    if not found:
        click.echo("no callbacks like that")
        return
    rows = [
        (
            each.id,
            shown(each.received_at),
            place(each.gateway, each.account),
            "urgent" if each.urgent else "",
            reasons.get(each.id, ""),
        )
        for each in found
    ]
    print_table(["id", "received", "gateway", "lane", "cannot be read because"], rows)


@callbacks.command()
@click.argument("number", type=click.IntRange(1), metavar="ID")
@json_option
def show(number: int, *, as_json: bool) -> None:
    r"""
    Show a callback as it came, and what its gateway reads from it now.

    Secrets were taken out before it was stored. Exit code 1: it cannot be read.

    \b
    Example:
      connector callbacks show 4711
    """
    with opened(Settings.from_environment()) as store:
        kept = store.inbox.callback(number)
        if kept is None:
            raise ConnectorError(f"no such callback: {number}; see `connector callbacks list`")
        (listed,) = store.inbox.listed_by_id([number])
        with store.transaction(reads=True) as transaction:
            aside = transaction.unread.why([number]).get(number)
            errand = transaction.errands.of(number)
    events, fault = _read(kept)
    asked = _asked(kept)
    if as_json:
        print_json(
            {
                **_facts(listed),
                "headers": kept.callback.headers,
                **body_facts(kept.callback.body),
                "parts": kept.callback.parts,
                "quarantine": aside.reason if aside else None,
                "events": [event_facts(event) for event in events],
                "asks": {"text": asked.text, "address": asked.address} if asked else None,
                "answered": _answered(errand) or None,
                "fault": fault or None,
            }
        )
    else:
        for line in lines(listed, kept.callback):
            click.echo(line)
        click.echo("\nread now")
        for event in events:
            click.echo(f"  {event_line(event)}")
        for line in _question(asked, errand):
            click.echo(f"  {line}")
        click.echo(f"  {fault}" if fault else "", nl=bool(fault))
        if aside:
            click.echo(f"\nset aside {shown(aside.since)} UTC: {aside.reason}")
    if fault:
        sys.exit(1)


@callbacks.command()
@click.argument("numbers", type=click.IntRange(1), nargs=-1, metavar="[ID]...")
@click.option(
    "--since", "start", default="", metavar="TIME", help="Since a time, or a while ago: 2h."
)
@_gateway_option
@_quarantined_option
@json_option
def replay(
    numbers: tuple[int, ...], start: str, gateway: str, *, quarantined: bool, as_json: bool
) -> None:
    r"""
    Have callbacks read again from what was kept, as after a parser was mended.

    A running worker reads them. What was read right before stays as it is.

    \b
    Examples:
      connector callbacks replay 4711 4712
      connector callbacks replay --since 2h --gateway kannel
      connector callbacks replay --quarantined
    """
    if not (numbers or start or gateway or quarantined):
        raise ConfigurationError("say which: ids, --since, --gateway or --quarantined")
    if numbers and (start or gateway or quarantined):
        raise ConfigurationError("give ids, or --since, --gateway and --quarantined; not both")
    if gateway:
        find(gateway)
    earliest = since(start, system_clock()) if start else _BEGINNING
    with opened(Settings.from_environment()) as store:
        if numbers:
            pages = again.named(store, numbers)
        elif quarantined:
            pages = again.quarantined(store, earliest, gateway=gateway)
        else:
            pages = again.since(store, earliest, gateway=gateway)
        queued = _queue(store, pages)
    if as_json:
        print_json({"queued": queued})
    else:
        click.echo(f"{queued} {'callback' if queued == 1 else 'callbacks'} to be read again")


def _queue(store: Store, pages: Iterator[again.Page]) -> int:
    queued = position = 0
    bar = click.progressbar(
        length=store.inbox.last_id(), file=sys.stderr, hidden=not sys.stderr.isatty()
    )
    with bar:
        for page in pages:
            again.queue(store, page)
            queued += len(page)
            if page:
                bar.update(page[-1][0] - position)
                position = page[-1][0]
    return queued


def _listed(
    store: Store, gateway: str, limit: int, *, quarantined: bool
) -> tuple[list[ListedCallback], dict[int, str]]:
    """The callbacks, and why some of them cannot be read."""
    with store.transaction(reads=True) as transaction:
        if quarantined:
            aside = transaction.unread.quarantined(limit, gateway=gateway)
            reasons = {each.callback_id: each.reason for each in aside}
            return store.inbox.listed_by_id(reasons), reasons
        found = store.inbox.listed(gateway=gateway, limit=limit)
        why = transaction.unread.why(each.id for each in found)
        return found, {number: each.reason for number, each in why.items()}


def _facts(listed: ListedCallback) -> dict[str, object]:
    return {
        "id": listed.id,
        "received_at": listed.received_at,
        "gateway": listed.gateway,
        "account": listed.account or None,
        "urgent": listed.urgent,
        "method": listed.method,
        "path_query": listed.target,
    }


def _asked(kept: KeptCallback) -> Question | None:
    """What an authentic callback asks of the operator; no other is ever kept."""
    gateway = installed().get(kept.callback.gateway)
    return gateway.asks(kept.callback) if gateway else None


def _question(asked: Question | None, errand: Errand | None) -> Iterator[str]:
    if asked:
        yield from (asked.text, asked.address)
    if errand:
        yield _answered(errand)


def _answered(errand: Errand | None) -> str:
    """What became of the question, where the worker answers it by itself."""
    if errand is None:
        return ""
    at = f"{shown(errand.changed_at)} UTC"
    match errand.state:
        case ErrandState.DONE:
            return f"opened by the worker at {at}: nothing is left to do"
        case ErrandState.OPEN:
            cause = f"; last try {at}: {errand.cause}" if errand.cause else ""
            return f"the worker will open it by itself{cause}"
        case ErrandState.GIVEN_UP:
            return f"the worker gave up at {at}: {errand.cause}; open it by hand"


def _read(kept: KeptCallback) -> tuple[list[Event], str]:
    """What the raw request says now, and what of it cannot be read."""
    events: list[Event] = []
    try:
        events.extend(events_of(without_parts(kept), installed()))
    except CallbackUnreadableError as error:
        return events, str(error)
    except Exception as error:  # noqa: BLE001 (a fault of a parser is what is looked for here)
        return events, f"fault in the parser: {type(error).__name__}"
    return events, ""
