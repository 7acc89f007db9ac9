"""
Writes docs/gateways/: a page for each gateway, from its module.

What stands under "Known troubles" is written by hand, and kept.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from click.testing import CliRunner

from connector import block_lists, gateways, message_apis
from connector.block_lists.base import BlockListKind
from connector.cli.gateways import gateways as command
from connector.gateways.base import Gateway
from connector.message_apis.base import MessageApiKind
from connector.settings import ADDRESSES, REGION, block_list_name, message_api_name, secret_name
from tests.gateways.cases import FOLDER as CALLBACKS
from tests.gateways.cases import Case, read
from tests.support.gateway_tables import TABLES, Table, by_reason, by_status


ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "gateways"
TROUBLES = "## Known troubles"
PUBLIC_URL = "https://sms.example.org"
#: An account as an example.
ACCOUNT = "eu-west"

Tabulate = Callable[[Sequence[str], Iterable[Sequence[str]]], str]

_TOKEN = "a long random text that stands in the URL"
_BASIC = "user and password of HTTP Basic, as `user:password`"
#: What a secret is, by its key; of a gateway alone where it differs.
SECRETS = {
    "token": _TOKEN,
    "basic": _BASIC,
    "auth_token": "the account's auth token: both ways of signing are taken",
    "auth_token_v3": "the same, and only its newer way of signing (V3) is taken",
    "shared_key": "the secret of a webhook shared key (HMAC-SHA256)",
    "signing_key": "the key that callbacks are signed with",
    "webhook_secret": "the secret of the webhook, which begins with `whsec_` (Events API)",
    "public_key": "the account's public key, in base64",
    "signature_secret": "the account's signature secret",
    "hmac": "`header:algorithm:encoding:key`, as Infobip tells you, such as "
    "`X-Signature:HMAC_SHA_256:hex:...`",
    "topic": "the ARN of the SNS topic; several with blanks between them",
    "signing_certificate": "Amazon's certificate as PEM text, where it cannot be fetched",
    "signature_version": "`2`: nothing older is taken",
    ("twilio", "auth_token"): "the account's auth token (HMAC-SHA1)",
    ("bird", "signing_key"): "the key of the subscription (Channels API)",
    ("generic", "signing_key"): "`whsec_` and the base64 of 24 to 64 random bytes",
}
#: A callback of each gateway that tells of a failure, or as good as one.
EXAMPLES = {
    "africastalking": "failed-userdoesnotexist",
    "aws": "unreachable",
    "bandwidth": "failed-4720",
    "bird": "event-undelivered",
    "clickatell": "undelivered-29",
    "clicksend": "undelivered-12",
    "generic": "undelivered-unreachable",
    "infobip": "undelivered-absent",
    "jasmin": "rejected-rinvdstadr",
    "kannel": "undelivered-unreachable",
    "messagebird": "failed-absent",
    "plivo": "undelivered-unreachable",
    "sinch": "aborted-expired",
    "smpp": "undelivered-027",
    "telnyx": "delivery-failed-40012",
    "twilio": "undelivered-30003",
    "vonage": "sms-failed-absent",
}


def pages(tabulate: Tabulate) -> dict[Path, str]:
    """Each page with what it should hold."""
    return {
        FOLDER / f"{name}.md": page(gateway, tabulate)
        for name, gateway in gateways.installed().items()
    }


def page(gateway: Gateway, tabulate: Tabulate) -> str:
    reads = ", ".join(gateway.reads)
    parts = [
        f"# {gateway.title}",
        f"<!-- Written by `make docs` from the code, down to {TROUBLES[3:]!r}. -->",
        f"Its callbacks tell: {reads}. [Documentation]({gateway.docs}). [All](../gateways.md).",
        *_setting_up(gateway, tabulate),
        *_calls(gateway),
        *_meanings(gateway, tabulate),
        *_opt_outs(gateway, tabulate),
        *_asking(gateway, tabulate),
        *_trying(gateway),
        _troubles(FOLDER / f"{gateway.name}.md"),
    ]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _setting_up(gateway: Gateway, tabulate: Tabulate) -> Iterable[str]:
    look = f"`connector callbacks list --gateway {gateway.name}` shows what came."
    last = f"Set the secret for this service, as below, and start it. After a message {look}"
    steps = [*map(_plain, gateway.setup), last]
    yield "## Set it up"
    yield "\n".join(f"{n}. {text}" for n, text in enumerate(steps, 1))
    yield f"The URL, as `connector gateways url {gateway.name}` prints it:"
    yield f"```text\n{gateway.callback_url(PUBLIC_URL)}\n```"
    yield (
        "Fill in what stands in `<brackets>`, or leave that parameter out. `campaign` is the "
        "Campaign that the message is for; `ref`, which any URL may have, the Salesforce "
        "record: [whose record](../concepts.md#whose-record)."
    )
    yield "### Settings"
    yield f"{_needed(gateway)} A secret may stand in a file, which its name with `_FILE` names."
    rows = [
        (f"`{secret_name(gateway.name, '', key)}`", _secret(gateway.name, key))
        for key in gateway.secrets
    ]
    rows += [
        (f"`{secret_name(gateway.name, '', each.word)}`", f"{each.help} ({each.kind.words})")
        for each in (REGION, ADDRESSES)
    ]
    yield tabulate(["name", "what it is"], rows)
    another = secret_name(gateway.name, ACCOUNT, gateway.secrets[0])
    yield (
        "While you change one, the old value stands in the same name with `_PREVIOUS`. Another "
        f"account has settings of its own: `{another}` is for callbacks to "
        f"`/callbacks/{gateway.name}/{ACCOUNT}`."
    )


def _plain(text: str) -> str:
    """A place to fill in must not look like a tag, except in code."""
    parts = text.split("`")
    parts[::2] = (part.replace("<", "&lt;") for part in parts[::2])
    return "`".join(parts)


def _needed(gateway: Gateway) -> str:
    if len(gateway.secrets) == 1:
        return "Without its secret every callback is refused."
    if gateway.needs:
        needed = " and ".join(f"`{key}`" for key in gateway.needs)
        return f"{needed} has to be set; the others as described."
    return "Set one of the secrets, or several: any of them proves a callback."


def _secret(gateway: str, key: str) -> str:
    return SECRETS.get((gateway, key)) or SECRETS[key]


def _calls(gateway: Gateway) -> Iterable[str]:
    reply = gateway.reply
    with_body = f" and the body `{reply.body.decode()}`" if reply.body else ""
    lines = [
        f"**How we know it is them**: {gateway.signs}.",
        f"**Calls** with {' or '.join(gateway.methods)}.",
        f"**Hears** {reply.status}{with_body} once the callback is stored.",
        f"**Repeats**: {gateway.retries}.",
        f"**An outage of ours costs**: {gateway.outage_costs}.",
        f"**Cannot tell**: {gateway.cannot_tell}.",
    ]
    if gateway.batches:
        lines.append(
            "**One id for many**: all messages of a batch have its id, so a message is known "
            "by that and its recipient."
        )
    yield "## What it does"
    yield "\n".join(f"- {_plain(line)}" for line in lines)


def _meanings(gateway: Gateway, tabulate: Tabulate) -> Iterable[str]:
    yield "## Words and codes"
    yield (
        "What it says, and what that becomes in Salesforce: "
        "[status](../concepts.md#status), [reason](../salesforce.md#reasons). A word "
        "that is not listed claims nothing; a failure with a code that is not listed has the "
        "reason `unknown`. The code itself is kept in any case."
    )
    for table in TABLES[gateway.name]:
        yield from _table(table, tabulate)


def _table(table: Table, tabulate: Tabulate) -> Iterable[str]:
    yield f"### {table.title}" if table.title else ""
    if words := list(by_status(table.words)):
        yield tabulate(["status", "its words"], words)
    if codes := list(by_reason(table.codes)):
        yield tabulate(["reason", "its codes"], codes)
    yield table.note


def _opt_outs(gateway: Gateway, tabulate: Tabulate) -> Iterable[str]:
    yield "## Opt-outs"
    proofs = ", ".join(f"`{code}`" for code in sorted(gateway.proofs))
    yield (
        f"A report with the code {proofs} is an opt-out: the gateway refuses to text who told "
        "it STOP. "
        if proofs
        else ""
    ) + "What people write is read by [the same rules](../concepts.md#consent) everywhere."
    kind = block_lists.installed().get(gateway.name)
    if kind is None:
        yield (
            "No way to change or read a block list of its own was found. Senders have to ask "
            "[this service](../api.md#may-it-be-texted) before they text."
        )
    else:
        yield from _block_list(kind, tabulate)


def _block_list(kind: BlockListKind, tabulate: Tabulate) -> Iterable[str]:
    can = {
        "opt-outs are sent to it": kind.adds,
        "taken off again": kind.removes,
        "fetched from it": kind.lists,
        "read back": kind.verifies,
    }
    able = [text for text, yes in can.items() if yes]
    unable = [text for text, yes in can.items() if not yes]
    yield (
        f"It keeps a [block list](../block-lists.md): {', '.join(able)}"
        + (f"; not {', '.join(unable)}" if unable else "")
        + f". An entry stops {kind.covers}. {kind.limits}"
    )
    yield tabulate(
        ["name", "what it is"],
        [
            (f"`{block_list_name(kind.gateway, '', key.name)}`", key.help)
            for key in kind.keys
            if key.needed
        ],
    )


def _asking(gateway: Gateway, tabulate: Tabulate) -> Iterable[str]:
    yield "## What no callback told"
    kind = message_apis.installed().get(gateway.name)
    if kind is None:
        yield (
            "It cannot be asked for messages afterwards, as far as we know. What no callback "
            "tells becomes Expired by [time](../concepts.md#time)."
        )
    else:
        yield from _message_api(kind, tabulate)


def _message_api(kind: MessageApiKind, tabulate: Tabulate) -> Iterable[str]:
    kept = f" It knows a message for {kind.keeps.days} days." if kind.keeps else ""
    yield (
        "With credentials for its API it is asked for messages that stay open, and for all "
        f"since a moment by `connector callbacks reconcile --gateway {kind.gateway}`: "
        f"[reconcile.md](../reconcile.md).{kept} {kind.limits}"
    )
    yield tabulate(
        ["name", "what it is"],
        [
            (f"`{message_api_name(kind.gateway, '', key.name)}`", key.help)
            for key in kind.keys
            if key.needed
        ],
    )


def _trying(gateway: Gateway) -> Iterable[str]:
    case = read(CALLBACKS / gateway.name / f"{EXAMPLES[gateway.name]}.yaml")
    request = _request(case)
    secrets = [
        f"{key}={values[0]}" for key, values in case.secrets.items() if "\n" not in values[0]
    ]
    at = case.callback.received_at.isoformat().replace("+00:00", "Z")
    options = [f"--at {at}", f"--public-url {PUBLIC_URL}"]
    options[:0] = [f"--secret '{each}'" for each in secrets]
    lines = " \\\n    ".join(
        [f"$ connector gateways read {gateway.name} callback.json", *options]
    )
    yield "## Try it"
    yield "A callback in a file, `callback.json`, and what is read from it, without a server:"
    yield f"```json\n{request}\n```"
    yield f"```console\n{lines}\n{_answer(gateway, request, secrets, at)}\n```"


def _request(case: Case) -> str:
    callback = case.callback
    return json.dumps(
        {
            "method": callback.method,
            "path_query": callback.target,
            "headers": {name.title(): value for name, value in callback.headers.items()},
            "body": callback.body.decode(),
        },
        ensure_ascii=False,
        indent=1,
    )


def _answer(gateway: Gateway, request: str, secrets: Iterable[str], at: str) -> str:
    """What the command prints, on both of its outputs."""
    given = [word for each in secrets for word in ("--secret", each)]
    words = ["read", gateway.name, "-", *given, "--at", at, "--public-url", PUBLIC_URL]
    return CliRunner().invoke(command, words, input=request).output.strip()


def _troubles(path: Path) -> str:
    """What somebody wrote; a heading to begin with."""
    text = path.read_text("utf-8") if path.exists() else ""
    _, found, written = text.partition(TROUBLES)
    return TROUBLES + (written.rstrip() if found else "")
