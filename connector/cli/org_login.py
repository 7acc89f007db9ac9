"""Logging in for the first time: key, certificate, what to click in Setup, and the settings."""

import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import click

from connector.cli.asking import is_asked
from connector.cli.first_login import PREFIX, Given, explain, log_in_patiently, take_over
from connector.cli.org_view import look, print_org
from connector.cli.printing import json_option, print_json
from connector.clock import system_clock
from connector.domain.errors import ConfigurationError
from connector.salesforce.certificate import KeyCertificate, beside
from connector.settings import Settings
from connector.setup import login as files
from connector.setup.walkthrough import Flow
from connector.wiring.org import open_org


#: A certificate that ends sooner is worth a word.
SOON = timedelta(days=30)


@click.command()
@click.option(
    "--flow",
    type=click.Choice([each.value for each in Flow]),
    default=Flow.JWT.value,
    show_default=True,
    help="By a key of this machine, or by a secret of the app.",
)
@click.option(
    "--login-url",
    default="",
    metavar="URL",
    help="The org's My Domain, https://acme.my.salesforce.com.",
)
@click.option("--client-id", default="", metavar="KEY", help="The app's consumer key.")
@click.option("--username", default="", help="The user to log in as (jwt).")
@click.option(
    "--secret-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Holds the consumer secret (client-credentials).",
)
@click.option(
    "--audience", default="", metavar="URL", help="`aud` of the JWT; else the login URL."
)
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Certificates to trust instead of the usual ones.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default="salesforce",
    show_default=True,
    help="Where key, certificate and settings go.",
)
@click.option(
    "--save-as",
    default=files.SETTINGS_FILE,
    show_default=True,
    metavar="NAME",
    help="The file for the settings; another one for an administrator.",
)
@click.option(
    "--years",
    type=click.IntRange(1, 10),
    default=2,
    show_default=True,
    help="How long the certificate is good for.",
)
@click.option(
    "--force", is_flag=True, help="Make key and certificate anew; overwrite settings."
)
@click.option("--check", is_flag=True, help="Only test the login that is set up already.")
@json_option
def login(
    *,
    flow: str,
    folder: Path,
    save_as: str,
    years: int,
    force: bool,
    check: bool,
    as_json: bool,
    **given: object,
) -> None:
    r"""
    Set up the login to Salesforce: says what to click, tests it, writes the settings.

    Makes a key and a certificate, tells step by step how to make the External Client App, asks
    for what it is called by, logs in, and writes salesforce.env. With all options given it asks
    nothing. --check tests what is there (the folder's salesforce.env, else the settings in
    force) and says when the certificate ends; exit code 1: within 30 days.

    \b
    Example:
      connector org login
      connector org login --username me@acme.com --save-as admin.env
      connector org login --check
    """
    folder = folder.absolute()
    path = folder / Path(save_as).name
    if check:
        _check(path, as_json=as_json)
        return
    wanted = Given(flow=Flow(flow), folder=folder, **given)  # type: ignore[arg-type] # options
    wanted.login_url = wanted.login_url and files.my_domain(wanted.login_url)
    known = take_over(wanted, path)
    pair = _key_pair(folder, years, force=force) if wanted.flow is Flow.JWT else None
    if not as_json and (not wanted.client_id or (pair and pair.made)):
        explain(wanted, pair)
    elif known and not as_json:
        click.echo(f"With the app of {known}, at {wanted.login_url}.\n", err=True)
    told = log_in_patiently(wanted, asks=is_asked() and not as_json)
    _write(path, wanted, told, pair, force=force)
    _report(told, path, pair, as_json=as_json)


def _key_pair(folder: Path, years: int, *, force: bool) -> files.KeyPair:
    now = system_clock()
    found = None if force else files.find_key_pair(folder)
    if found is None:
        return files.make_key_pair(folder, years=years, now=now)
    if found.certificate.ends <= now:
        raise ConfigurationError(
            f"{found.certificate.path} ended on {found.certificate.ends:%Y-%m-%d}: say --force"
            " for a new key and certificate, and upload that to the app"
        )
    return found


def _write(
    path: Path,
    given: Given,
    told: Mapping[str, object],
    pair: files.KeyPair | None,
    *,
    force: bool,
) -> None:
    values = {**given.settings(), f"{PREFIX}ORG_ID": str(told["organization_id"] or "")}
    if path.exists() and not force:
        before = Settings.from_file(path).salesforce_org_id
        if before and before != told["organization_id"]:
            raise ConfigurationError(
                f"{path} is for the org {before}, this is {told['organization_id']}: say"
                " --force to replace it, or choose another --folder"
            )
    notes = [
        "Written by `connector org login`: for `set -a; . FILE`, systemd and docker.",
        (
            f"{told['organization'] or 'The org'}"
            f" ({'sandbox' if told['sandbox'] else 'production'}), as {told['user']}."
        ),
    ]
    if pair:
        notes.append(f"The certificate of the key ends on {pair.certificate.ends:%Y-%m-%d}.")
    files.keep_private(path, files.settings_text(values, notes=tuple(notes)))


def _report(
    told: Mapping[str, object], path: Path, pair: files.KeyPair | None, *, as_json: bool
) -> None:
    ends = pair.certificate.ends if pair else None
    if as_json:
        print_json({**told, "settings_file": path, "certificate_ends": ends})
        return
    click.echo()
    print_org(told)
    click.echo(f"\nThe login works. The settings are in {path}")
    if ends:
        click.echo(f"The certificate ends on {ends:%Y-%m-%d}; log in anew before that day.")
    click.echo("\nNext:")
    for line in _next(path):
        click.echo(f"  {line}")


def _next(path: Path) -> tuple[str, ...]:
    if path.name != files.SETTINGS_FILE:
        return (f"connector setup plan --env {path}",)
    return (
        f"set -a; . {path}; set +a",
        "connector setup plan      what the org lacks yet; for administrators",
        "connector setup doctor    whether all is well",
    )


def _check(path: Path, *, as_json: bool) -> None:
    settings = Settings.from_file(path) if path.exists() else Settings.from_environment()
    settings.require_salesforce()
    with open_org(settings) as org:
        org.reach()
        told = look(org)
    certificate = _certificate(settings)
    ends = certificate.ends if certificate else None
    if as_json:
        print_json({**told, "certificate_ends": ends})
    else:
        print_org(told)
        click.echo(f"\nThe login works. {_how_long(settings, certificate)}")
    if ends and ends - system_clock() < SOON:
        sys.exit(1)


def _certificate(settings: Settings) -> KeyCertificate | None:
    """The one that lies beside the key, if the key came from a file."""
    kind, _, path = settings.sources.get(f"{PREFIX}PRIVATE_KEY", "").partition(" ")
    if kind != "file":
        return None
    return beside(Path(path), settings.salesforce_private_key.value)


def _how_long(settings: Settings, certificate: KeyCertificate | None) -> str:
    if not settings.salesforce_private_key:
        return "It uses a client secret, which does not end by itself."
    if certificate is None:
        return "When the certificate ends is not known: it does not lie beside the key."
    days = (certificate.ends - system_clock()).days
    return f"The certificate ends on {certificate.ends:%Y-%m-%d}, in {days} days."
