"""The API keys: which programs may call us, and for what."""

import difflib
from collections.abc import Iterable

import click

from connector.cli.moments import shown
from connector.cli.opening import opened
from connector.cli.printing import json_option, print_json, print_table
from connector.clock import system_clock
from connector.domain.errors import ConfigurationError, ConnectorError
from connector.settings import Settings
from connector.store.house import ApiKey
from connector.web.keys import SCOPES, new_secret, secret_hash


#: Room enough for a name in a log line.
_LONGEST_NAME = 64


@click.group()
def keys() -> None:
    r"""
    Create, list and revoke the keys of programs that call the API.

    \b
    Example:
      connector keys create crm --scope messages:write
    """


@keys.command()
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, metavar="SCOPE", help=f"One of {', '.join(SCOPES)}."
)
@json_option
def create(name: str, scopes: tuple[str, ...], *, as_json: bool) -> None:
    r"""
    Create a key for a program, and print its secret: this once.

    Only the secret goes to standard output, so it can be piped to where it is kept.

    \b
    Example:
      connector keys create crm --scope messages:write --scope messages:read
    """
    name = name.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise ConfigurationError(f"a key's name has 1 to {_LONGEST_NAME} printable characters")
    _check(scopes)
    secret = new_secret()
    with (
        opened(Settings.from_environment(), create=True) as store,
        store.transaction() as transaction,
    ):
        transaction.keys.create(name, secret_hash(secret), set(scopes), system_clock())
    if as_json:
        print_json({"name": name, "scopes": sorted(set(scopes)), "secret": secret})
        return
    click.echo(secret)
    click.echo(
        f"The key '{name}' may {_may(scopes)}. Its secret is shown this once and kept as a hash"
        " only; send it as 'Authorization: Bearer <secret>'.",
        err=True,
    )


@keys.command("list")
@json_option
def list_all(*, as_json: bool) -> None:
    r"""
    List every key, what it may do, and whether it is in force.

    \b
    Example:
      connector keys list
    """
    with opened(Settings.from_environment()) as store, store.transaction(reads=True) as t:
        found = t.keys.all()
    if as_json:
        print_json([_facts(key) for key in found])
        return
    if not found:
        click.echo("no keys yet: see `connector keys create --help`")
        return
    rows = [
        (
            key.name,
            " ".join(sorted(key.scopes)),
            shown(key.created_at),
            f"revoked {shown(key.revoked_at)}" if key.revoked else "in force",
        )
        for key in found
    ]
    print_table(["key", "scopes", "created", "state"], rows)


@keys.command()
@click.argument("name")
def revoke(name: str) -> None:
    r"""
    Revoke a key: from now on nobody gets in with it. Its name stays taken.

    \b
    Example:
      connector keys revoke crm
    """
    with opened(Settings.from_environment()) as store, store.transaction() as transaction:
        revoked = transaction.keys.revoke(name, system_clock())
        known = {key.name: key for key in transaction.keys.all()}
    if revoked:
        click.echo(f"the key '{name}' is revoked")
        return
    if name in known:
        raise ConnectorError(f"the key '{name}' was revoked already")
    raise ConnectorError(f"there is no key '{name}'{_hint(name, known)}")


def _check(scopes: Iterable[str]) -> None:
    if not scopes:
        known = "\n".join(f"  --scope {name:16} {words}" for name, words in SCOPES.items())
        raise ConfigurationError(f"say what the key may do:\n{known}")
    for scope in scopes:
        if scope not in SCOPES:
            hint = _hint(scope, SCOPES) or f"; known are {', '.join(SCOPES)}"
            raise ConfigurationError(f"unknown scope '{scope}'{hint}")


def _hint(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _may(scopes: Iterable[str]) -> str:
    return ", ".join(words for name, words in SCOPES.items() if name in scopes)


def _facts(key: ApiKey) -> dict[str, object]:
    return {
        "name": key.name,
        "scopes": sorted(key.scopes),
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    }
