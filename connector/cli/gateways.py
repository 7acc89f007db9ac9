"""The gateways that can call: what they tell, the URL to paste, and trying a callback."""

import sys
import textwrap
from collections.abc import Iterable

import click

from connector.cli.callback_file import nearest, origin, read_callback
from connector.cli.printing import json_option, print_json, print_table
from connector.domain.callback import Callback
from connector.domain.consent import ConsentEvent, ConsentKind
from connector.domain.delivery import DeliveryEvent
from connector.domain.errors import CallbackUnreadableError, ConfigurationError
from connector.gateways import find, installed
from connector.gateways.base import Event, Gateway
from connector.gateways.verify import trust
from connector.settings import Settings


#: Consent that a person has to judge first.
_UNDECIDED = {ConsentKind.REVIEW}
_WIDTH = 80
_LABEL = 15
#: Stands for the public address in a URL to paste, where none is set.
_NO_ADDRESS = "https://<your address>"


@click.group()
def gateways() -> None:
    r"""
    List the gateways, show how to set one up, and try a callback.

    \b
    Example:
      connector gateways list
    """


@gateways.command("list")
@json_option
def list_all(*, as_json: bool) -> None:
    r"""
    List every gateway and what its callbacks tell.

    \b
    Example:
      connector gateways list
    """
    found = installed().values()
    if as_json:
        print_json([_facts(gateway) for gateway in found])
    else:
        rows = [(each.name, each.title, ", ".join(each.reads)) for each in found]
        print_table(["gateway", "title", "tells"], rows)


@gateways.command()
@click.argument("name")
@json_option
def show(name: str, *, as_json: bool) -> None:
    r"""
    Show what to set up at a gateway, how it signs, and what an outage costs.

    \b
    Example:
      connector gateways show kannel
    """
    gateway = find(name)
    if as_json:
        print_json({**_facts(gateway), "url": gateway.callback_url(_NO_ADDRESS)})
        return
    click.echo(f"{gateway.title}\n")
    for label, text in _lines(gateway):
        click.echo(
            textwrap.fill(
                text,
                _WIDTH,
                initial_indent=label.ljust(_LABEL),
                subsequent_indent=" " * _LABEL,
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
    click.echo(f"\nURL to paste:\n{gateway.callback_url(_NO_ADDRESS)}")
    click.echo(f"\nDocumentation:\n{gateway.docs}")


@gateways.command()
@click.argument("name")
@click.option("--account", default="", help="One of several accounts at this gateway.")
@click.option("--public-url", default="", metavar="URL", help="Else CONNECTOR_PUBLIC_URL.")
def url(name: str, account: str, public_url: str) -> None:
    r"""
    Print the URL to paste at a gateway; fill in or leave out what is in <brackets>.

    \b
    Example:
      connector gateways url kannel --public-url https://sms.example.org
    """
    gateway = find(name)
    address = origin(public_url) or Settings.from_environment().public_url or _NO_ADDRESS
    click.echo(gateway.callback_url(address, account))


@gateways.command()
@click.argument("name")
@click.argument("file")
@click.option(
    "--secret",
    "given",
    multiple=True,
    metavar="KEY=VALUE",
    help="A secret; twice with the same key while it is being changed.",
)
@click.option("--at", default="", metavar="TIME", help="The moment of receipt; else now.")
@click.option(
    "--public-url", default="", metavar="URL", help="The address that the gateway called."
)
def read(name: str, file: str, given: tuple[str, ...], at: str, public_url: str) -> None:
    r"""
    Read a callback without a server: whether it is trusted, and what it says.

    FILE, or - for standard input, holds a JSON object with method, path_query, headers and body
    (or body_base64). Exit code 1: not trusted or not readable.

    \b
    Example:
      connector gateways read twilio callback.json \
        --secret auth_token=0123456789 --public-url https://sms.example.org
    """
    gateway = find(name)
    secrets = _secrets(gateway, given)
    callback = read_callback(gateway, file, at, origin(public_url))
    trusted = trust(gateway, callback, secrets)
    lacking = None if trusted else gateway.lacks(callback, secrets)
    if lacking:  # the service would fetch it; this command asks nobody
        trusted = None
    events, fault = ([], "") if trusted is False else _read(gateway, callback)
    print_json({"trusted": trusted, "events": [_event(event) for event in events]})
    if trusted and (question := gateway.asks(callback)):
        click.echo(f"connector: {question.text}\n{question.address}", err=True)
    if lacking:
        told = f"not checked: --secret {lacking.key} with what is at {lacking.address}"
        click.echo(f"connector: {told}", err=True)
    if trusted is False and not public_url:
        fault = "not trusted; if the gateway signs the URL, say --public-url"
    if fault:
        click.echo(f"connector: {fault}", err=True)
    if fault or trusted is False:
        sys.exit(1)


def _facts(gateway: Gateway) -> dict[str, object]:
    return {
        "name": gateway.name,
        "title": gateway.title,
        "tells": gateway.reads,
        "cannot_tell": gateway.cannot_tell,
        "signs": gateway.signs,
        "secrets": gateway.secrets,
        "needs": gateway.needs,
        "methods": gateway.methods,
        "answer": gateway.reply.status,
        "retries": gateway.retries,
        "outage_costs": gateway.outage_costs,
        "setup": gateway.setup,
        "docs": gateway.docs,
    }


def _lines(gateway: Gateway) -> Iterable[tuple[str, str]]:
    yield "tells", ", ".join(gateway.reads)
    yield "cannot tell", gateway.cannot_tell
    yield "signs", gateway.signs
    yield "secrets", _keys(gateway)
    yield "calls with", " or ".join(gateway.methods) + f", gets {gateway.reply.status}"
    yield "tries again", gateway.retries
    yield "outage costs", gateway.outage_costs
    for count, step in enumerate(gateway.setup, 1):
        yield f"step {count}", step


def _keys(gateway: Gateway) -> str:
    optional = [key for key in gateway.secrets if key not in gateway.needs]
    if not gateway.needs:
        return " or ".join(optional)
    needed = " and ".join(gateway.needs)
    return f"{needed}; optional: {', '.join(optional)}" if optional else needed


def _secrets(gateway: Gateway, given: Iterable[str]) -> dict[str, list[str]]:
    secrets: dict[str, list[str]] = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not (equals and value):
            raise ConfigurationError(f"--secret {key}: write it as KEY=VALUE")
        if key not in gateway.secrets:
            hint = nearest(key, gateway.secrets)
            raise ConfigurationError(f"--secret {key}: unknown key of {gateway.name}; {hint}")
        if fault := gateway.secret_fault(key, value):
            raise ConfigurationError(f"--secret {key}: the value {fault}")
        secrets.setdefault(key, []).append(value)
    return secrets


def _read(gateway: Gateway, callback: Callback) -> tuple[list[Event], str]:
    """The events, and what could not be read."""
    events: list[Event] = []
    try:
        events.extend(gateway.parse(callback))
    except CallbackUnreadableError as error:
        return events, str(error)
    return events, ""


def _event(event: Event) -> dict[str, str | None]:
    delivery = event if isinstance(event, DeliveryEvent) else None
    consent = event if isinstance(event, ConsentEvent) else None
    recipient = event.recipient if isinstance(event, DeliveryEvent) else event.phone
    reference = "" if isinstance(event, ConsentEvent) else event.reference
    return {
        "kind": "delivery" if delivery else "consent" if consent else "engagement",
        "message_id": event.message_id or None,
        "status": delivery.status if delivery else None,
        "error_code": delivery.error_code or None if delivery else None,
        "reason": delivery.reason if delivery else None,
        "recipient": recipient or None,
        "reference": reference or None,
        "occurred_at": event.occurred_at.isoformat() if event.occurred_at else None,
        "consent": consent.kind if consent and consent.kind not in _UNDECIDED else None,
    }
