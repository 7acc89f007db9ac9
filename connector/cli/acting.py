"""Who calls a command, and when what they tell of happened."""

import getpass
from datetime import datetime, timedelta

import click

from connector.domain.errors import ConfigurationError
from connector.gateways.times import iso
from connector.pipeline.phone_reader import PhoneReader
from connector.settings import Brands


#: How far the clock of whoever wrote a time may be ahead of ours.
_AHEAD = timedelta(minutes=5)
_LONGEST = 500

reason_option = click.option("--reason", default="", metavar="TEXT", help="Why.")
evidence_option = click.option(
    "--evidence", default="", metavar="TEXT", help="Where the proof is: a call, a form."
)
at_option = click.option(
    "--at", default="", metavar="TIME", help="When the person said it: 2026-11-23T10:00:00Z."
)
version_option = click.option(
    "--version", type=click.IntRange(0), help="The version that you decide on."
)
scope_option = click.option(
    "--scope", default="", metavar="BRAND", help="For one brand; else for all of them."
)

sender_option = click.option(
    "--sender", default="", metavar="SENDER", help="For the brand of this sender of ours."
)


def brand_named(text: str, brands: Brands, option: str = "--scope") -> str:
    """The brand of this name; where some are configured, another is a mistake in writing."""
    if (name := plain(text, option)) and brands and name not in brands.senders:
        known = ", ".join(brands.senders)
        raise ConfigurationError(f"{option} {name}: CONNECTOR_BRANDS has {known}")
    return name


def os_user() -> str:
    """The name under which an act of ours stands in the ledger and in the audit."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        name = "unknown"
    return f"user:{name}"


def phone_of(read_phone: PhoneReader, text: str) -> str:
    """The number that somebody typed; ConfigurationError says how to write it."""
    if phone := read_phone(text.strip()):
        return phone
    if not any(letter.isdigit() for letter in text):
        raise ConfigurationError(
            f"{text!r} is no phone number: write one such as +447700900123"
        )
    raise ConfigurationError(
        f"{text!r} is no phone number with its country code: write one such as +447700900123,"
        " or set CONNECTOR_DEFAULT_REGION for those without"
    )


def said_at(text: str, now: datetime, option: str = "--at") -> datetime | None:
    """The moment that an option names, None where it is not given; the future is refused."""
    if not text:
        return None
    try:
        moment = iso(text)
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(
            f"{option} {text}: write a time with its zone, such as 2026-11-23T10:00:00Z"
        ) from error
    if moment > now + _AHEAD:
        raise ConfigurationError(f"{option} {text}: lies in the future")
    return moment


def plain(text: str, option: str) -> str:
    """A text for the ledger: one line, not endless."""
    text = text.strip()
    if len(text) > _LONGEST or not text.isprintable():
        raise ConfigurationError(
            f"{option}: at most {_LONGEST} characters in one line, without control characters"
        )
    return text
