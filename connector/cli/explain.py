"""What became of a message, a number or a record, and why."""

import click

from connector.cli.explanation import tell
from connector.cli.opening import opened
from connector.cli.printing import json_option, print_json
from connector.domain.errors import ConnectorError
from connector.pipeline.explain import Explanation
from connector.pipeline.explain import explain as gather
from connector.settings import Settings
from connector.store import Store
from connector.wiring.local import build_counting, phone_reader, read_mappings


#: So many digits may be meant as a number.
_NUMBER = 7


@click.command()
@click.argument("text", metavar="MESSAGE-ID|PHONE|RECORD-ID")
@json_option
def explain(text: str, *, as_json: bool) -> None:
    r"""
    Explain what became of a message, a number or a record.

    From the callbacks to each write and Salesforce's answer: which report decides, whose record
    it is and why, what waits, what was refused. Exit code 1: nothing is known of it.

    \b
    Examples:
      connector explain SM0123456789abcdef0123456789abcdef
      connector explain +447700900123
      connector explain 003000000000001AAA
    """
    settings = Settings.from_environment()
    mappings, read_phone = read_mappings(settings), phone_reader(settings)
    with opened(settings) as store:
        campaigns = build_counting(settings, mappings).campaigns
        found = gather(store, mappings, read_phone, text, campaigns)
        waiting = _waiting(store)
    if not found:
        raise ConnectorError(_nothing(found, waiting))
    if as_json:
        print_json(found)
    else:
        tell(found)


def _waiting(store: Store) -> int:
    with store.transaction(reads=True) as transaction:
        return transaction.unread.waiting()


def _nothing(found: Explanation, waiting: int) -> str:
    """Where it was looked for, and what to try."""
    looked = ", ".join(found.looked_for)
    tries = []
    if waiting:
        tries.append(f"callbacks that no worker has read yet: {waiting}")
    digits = sum(letter.isdigit() for letter in found.asked)
    if not any(each.startswith("number ") for each in found.looked_for) and digits >= _NUMBER:
        tries.append(
            "write a number with + and its country code, or set CONNECTOR_DEFAULT_REGION"
        )
    tries.append("see `connector callbacks list`")
    return f"nothing is known of {found.asked} (looked for {looked}); " + "; ".join(tries)
