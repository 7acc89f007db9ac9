"""Writes docs/reconcile.md: what gateways can be asked, and what to set for it."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from connector import message_apis
from connector.message_apis.base import MessageApiKind
from connector.rest.keys import RATE, Key
from connector.settings import message_api_name


PAGE = Path(__file__).parents[2] / "docs" / "reconcile.md"

_BEGINNING = """\
A callback can be lost: a gateway repeats it for seconds, minutes or hours, and then no more.
What became of the message is known there all the same. So this service asks, where a gateway
has an API for that, and takes the answer as if it had been a callback: by the same tables of
words and error codes, joined to what is known, with the same consequences. An answer that is
no news changes nothing; a callback that comes later joins to it as to any other.
`connector explain` shows `asked for` in place of the number of a callback.
"""

_ASKING = """\
## By itself

As soon as an account has credentials, a worker asks for its messages that have **no final
status** `CONNECTOR_RECONCILE_AFTER_HOURS` after they were first heard of. Six hours are the
default: most reports come within minutes, those that a gateway repeats (for up to 24 hours)
mostly sooner, and Infobip knows nothing of a message after 48 hours. It is well before
a message counts as a soft failure (24 hours) or as expired (72 hours).

- A message that is still open is **asked for again** after ever longer pauses, at 6, 12, 24, 48
  and 96 hours; no validity period is longer than 72. Then it is given up.
- What the gateway **does not know**, or does not keep as long, is given up at once.
- Messages that were first heard of more than **ten days** ago are asked for by hand only.
- An account is asked by **one process at a time**, not faster than its rate. After 429, 5xx or
  no answer it is left in peace for as long as it wants, else ever longer, up to an hour; when
  it refuses the credentials, for an hour, and the log says so once. No other account waits for
  that. A restart tries at once.

A message belongs to the account of its callbacks. One that nobody named an account of, because
it was only registered, is asked for at the account without a name, or at all where every
account has one.
"""

_BY_HAND = """\
## By hand

```sh
connector callbacks reconcile --since 2026-11-20
connector callbacks reconcile --since 6h --gateway twilio --dry-run
```

asks for everything since then: lists what was sent, where there is a list, then asks for what
is open and was in none. It waits where a gateway wants it, and keeps what it has learnt when it
is interrupted. Do it after an outage that was longer than a gateway repeats its callbacks.
Messages that **nobody had spoken of** become known by it, with the time of sending that the
gateway gives; to a record of Salesforce they come by their number, since no reference rode
along.

With `--dry-run` it asks all the same, and keeps nothing.

A number that was [erased](operations.md#retention) here may still stand in a gateway's list.
What is opted out stays away; another comes back as of a new number, so erase it at the gateway
first. An answer never adds a number to a message that is known.

## What was lost on the way

The command ends with a table by gateway account and the day of sending: `ends` of messages
that were known, and `whole messages` that nobody had spoken of, each learnt only by asking. It
is kept for 90 days. A callback that comes after the question is not taken off again. Much of
either says that callbacks do not arrive: look at the address that the gateway has, the proxy,
and `connector callbacks list`.
"""

_SETTING_UP = """\
## To set it up

`CONNECTOR_MESSAGE_API_<GATEWAY>_<KEY>` is a value of the API of a gateway,
`CONNECTOR_MESSAGE_API_<GATEWAY>__<ACCOUNT>_<KEY>` one of another account, named as in the
address of its callbacks. Credentials that may only read are enough. They may stand in files, as
`..._FILE`. An API must be `https`; redirects are not followed. `connector config check` says
what is missing, and asks no gateway. Each may also have:
"""


def page(table: Callable[[Sequence[str], Iterable[Sequence[str]]], str]) -> str:
    kinds = list(message_apis.installed().values())
    abilities = table(
        ["gateway", "lists by date", "knows a message for", "asked for at once"],
        [
            (
                f"`{kind.gateway}`",
                "yes" if kind.lists else "no",
                _keeps(kind),
                "20 messages" if kind.gateway == "infobip" else "1 message",
            )
            for kind in kinds
        ],
    )
    rate = table(
        ["name", "what it is"],
        [
            (
                f"`CONNECTOR_MESSAGE_API_<GATEWAY>_{RATE.name.upper()}`",
                "questions a second; not set: what we think safe",
            )
        ],
    )
    parts = [
        "# Asking gateways for what callbacks did not tell",
        _BEGINNING,
        abilities,
        _ASKING,
        _BY_HAND,
        _SETTING_UP,
        rate,
        *(_section(kind, table) for kind in kinds),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _keeps(kind: MessageApiKind) -> str:
    if kind.keeps is None:
        return "not documented"
    days = kind.keeps.days
    return f"{days} days"


def _section(
    kind: MessageApiKind, table: Callable[[Sequence[str], Iterable[Sequence[str]]], str]
) -> str:
    rows = [
        (f"`{message_api_name(kind.gateway, '', key.name)}`", _help(key)) for key in kind.keys
    ]
    limits = [kind.limits] if kind.limits else []
    return "\n\n".join(
        [
            f"### {kind.title}",
            table(["name", "what it is"], rows),
            *limits,
            f"Not documented: {kind.guesses}.",
            f"[Documentation]({kind.docs})",
        ]
    )


def _help(key: Key) -> str:
    said = [key.help]
    if key.default:
        said.append(f"not set: `{key.default}`")
    elif not key.needed and "not set" not in key.help:
        said.append("may be left out")
    return "; ".join(said)
