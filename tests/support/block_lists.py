"""Writes docs/block-lists.md: what each gateway's own list can, and what to set for it."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from connector import block_lists
from connector.block_lists.base import SCOPE, BlockListKind
from connector.rest.keys import RATE, Key
from connector.settings import block_list_name


PAGE = Path(__file__).parents[2] / "docs" / "block-lists.md"

_BEGINNING = """\
Most gateways keep a list of numbers that they do not text. An opt-out is worth more when it
stands there too: then a sender that does not ask this service is stopped all the same. And
what somebody puts on the list in a gateway's console has to arrive in Salesforce.

- Every opt-out of the [ledger](consent.md), from wherever it comes, is **sent** to each list
  that is set up, opt-outs before everything else, and read back where the gateway allows
  that.
- Each list that can be read is **fetched** every `CONNECTOR_BLOCK_LIST_PULL_SECONDS`. A
  number that nobody knew of becomes a STOP with the source `Provider`, and goes to Salesforce
  and to the other lists.

Nobody waits for a gateway: an opt-out counts in this service from the moment it is committed,
and what the lists have to be told is committed with it.
"""

_SETTING_UP = """\
`CONNECTOR_BLOCK_LIST_<GATEWAY>_<KEY>` is a value of the list of a gateway,
`CONNECTOR_BLOCK_LIST_<GATEWAY>__<ACCOUNT>_<KEY>` one of another account, or of a second list of
the same. A list is set up as soon as it has a value. Only workers use them. Each list may also
have:
"""

_RULES = """\
## What is sent, and what is not

- **Only opt-outs.** A text that may be one is held back by this service until a person has
  decided, and sent to no list, because not every list can be made to forget it again.
- **To every list**, also to that of the account which the STOP came by: not every gateway
  blocks by itself, and telling it twice does no harm.
- **Whoever was opted out before** a list was set up is sent within the hour, and so is
  whoever was missed.
- **Brands.** A list with a brand gets the opt-outs of that brand and those of the whole
  organisation, one without gets all.
- **Who opts in again stays on the lists**, unless `CONNECTOR_BLOCK_LIST_UNBLOCK` is `yes`. It
  is `no` because taking a number off by mistake cannot be undone, while one too many on a
  list costs a message; and because a number may stand on the list for a reason that only the
  gateway knows. Where it is `yes`, the ledger is asked right before the call and after the
  answer; if a STOP came between, the number is blocked again.
- **An erased number** is sent no more. It stays on the gateway's list, where you have to
  erase it yourself, if at all: what stops messages to it may be worth keeping.

## What is fetched, and what it means

The time of such a STOP is that which the gateway gives for the entry. Where it gives none, it
is the moment when the entry was seen first, which is remembered under a pseudonym of the
number for as long as the number stays on the list.

- An entry that is **older than an opt-in** is no new STOP, however often it is read.
- An entry that **this service made** is none either. One that somebody made afterwards is.
- A number that **left** the list is not opted in by that: an opt-in wants evidence.
- A list that can be asked for what is new is read whole once a day all the same.
- A list without times that is given short by a fault of the gateway's counts as left by those
  who are missing: they are opted out again when they are back.

## Trouble

`connector consent lists` shows for each list how many numbers wait, are sent but not read
back yet, done, kept after an opt-in, or refused; the last fetch; and the last error. It asks
no gateway anything.

- After **429, 5xx or no answer** the list is left in peace for as long as the gateway asks,
  else for ever longer, up to an hour. Nothing is given up, and no opt-out is lost.
- After **wrong credentials** or a wrong list the same: mend the settings and restart the
  worker.
- A **number that is refused** by itself, or not on the list when it is read back, is tried
  five times. Then it is `refused`, and `connector consent lists --retry LIST` sends it again.

Credentials may stand in files, as `..._FILE`. An API must be `https`; a sender of your own
may be `http` inside a network of your own. Redirects are not followed. `connector config
check` says what is missing, and asks no gateway.
"""

_SENDER = """\
## A sender of your own

Whatever has no list of its own, Kannel or Jasmin behind a program of yours, can be told by a
webhook. It gets a `POST` signed by [Standard Webhooks](https://www.standardwebhooks.com) 1.0,
with the body that this service reads from such a sender:

```json
{"type": "sms.opt_out", "timestamp": "2026-11-23T12:00:00.000Z",
 "data": [{"number": "+447700900123"}]}
```

The type is `sms.opt_out`, or `sms.opt_in` where `CONNECTOR_BLOCK_LIST_UNBLOCK` is `yes`; at
most 100 numbers a message. Check the signature, block the numbers, then answer 2xx. A message
may come twice, and an old one after a newer one: go by its timestamp.

## Gateways that have none

No way to change or read such a list was found in what Vonage, Plivo, Bandwidth, MessageBird's
older API, Clickatell and Africa's Talking publish. Their refusals of messages to people who
opted out are read from the delivery reports. Senders have to ask this service before they
text: see [the API](api.md).
"""


def page(table: Callable[[Sequence[str], Iterable[Sequence[str]]], str]) -> str:
    kinds = list(block_lists.installed().values())
    abilities = table(
        ["gateway", "add", "remove", "list", "read back", "an entry stops"],
        [_ability(kind) for kind in kinds],
    )
    common = table(
        ["name", "what it is"],
        [
            (f"`CONNECTOR_BLOCK_LIST_<GATEWAY>_{key.name.upper()}`", key.help)
            for key in (SCOPE, RATE)
        ],
    )
    parts = [
        "# Block lists of gateways",
        _BEGINNING,
        abilities,
        "## To set one up",
        _SETTING_UP,
        common,
        *(_section(kind, table) for kind in kinds),
        _RULES,
        _SENDER,
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _ability(kind: BlockListKind) -> tuple[str, ...]:
    said = (kind.adds, kind.removes, kind.lists, kind.verifies)
    return (f"`{kind.gateway}`", *("yes" if can else "no" for can in said), kind.covers)


def _section(
    kind: BlockListKind, table: Callable[[Sequence[str], Iterable[Sequence[str]]], str]
) -> str:
    rows = [
        (f"`{block_list_name(kind.gateway, '', key.name)}`", _help(key)) for key in kind.keys
    ]
    guesses = [f"Not documented: {kind.guesses}."] if kind.guesses else []
    return "\n\n".join(
        [
            f"### {kind.title}",
            table(["name", "what it is"], rows),
            kind.limits,
            *guesses,
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
