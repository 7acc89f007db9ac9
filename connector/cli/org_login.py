"""Logging in for the first time: key, certificate, what to click in Setup, and the settings."""

import dataclasses
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import click

from connector.cli.asking import ask, is_asked, must_give, paragraph
from connector.cli.org_view import look, print_org
from connector.cli.printing import json_option, print_json
from connector.clock import system_clock
from connector.domain.errors import ConfigurationError, ConnectorError
from connector.salesforce.certificate import KeyCertificate, beside
from connector.settings import Settings
from connector.setup import login as files
from connector.setup.doctor import Finding
from connector.setup.first_aid import why_not
from connector.setup.walkthrough import Flow, steps
from connector.wiring.org import open_org


#: A certificate that ends sooner is worth a word.
SOON = timedelta(days=30)
_PREFIX = "CONNECTOR_SALESFORCE_"
_LOGIN_URL = "the org's My Domain, such as https://acme.my.salesforce.com"


@dataclasses.dataclass(kw_only=True)
class Given:
    """What was given by options, or answered since."""

    flow: Flow
    folder: Path
    login_url: str
    client_id: str
    username: str
    secret_file: Path | None
    audience: str
    ca_file: Path | None

    def missing(self) -> dict[str, str]:
        """The options that are still needed, each with what it is."""
        wanted = {
            "--login-url": (self.login_url, _LOGIN_URL),
            "--client-id": (self.client_id, "the app's consumer key"),
        }
        if self.flow is Flow.JWT:
            wanted["--username"] = (self.username, "the user to log in as")
        else:
            wanted["--secret-file"] = (self.secret_file, "a file with the consumer secret")
        return {option: what for option, (value, what) in wanted.items() if not value}

    def settings(self) -> dict[str, str]:
        """The variables with which the service logs in."""
        named: dict[str, object] = {
            "LOGIN_URL": self.login_url,
            "CLIENT_ID": self.client_id,
            "AUDIENCE": self.audience,
            "CA_FILE": self.ca_file and self.ca_file.absolute(),
        }
        if self.flow is Flow.JWT:
            named["USERNAME"] = self.username
            named["PRIVATE_KEY_FILE"] = self.folder / files.KEY_FILE
        else:
            named["CLIENT_SECRET_FILE"] = self.secret_file and self.secret_file.absolute()
        return {_PREFIX + name: str(value) for name, value in named.items() if value}


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
      connector org login --check
    """
    folder = folder.absolute()
    if check:
        _check(folder, as_json=as_json)
        return
    wanted = Given(flow=Flow(flow), folder=folder, **given)  # type: ignore[arg-type] # options
    wanted.login_url = wanted.login_url and files.my_domain(wanted.login_url)
    pair = _key_pair(folder, years, force=force) if wanted.flow is Flow.JWT else None
    if not as_json and (wanted.missing() or (pair and pair.made)):
        _explain(wanted, pair)
    told = _log_in_patiently(wanted, asks=is_asked() and not as_json)
    path = _write(wanted, told, pair, force=force)
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


def _explain(given: Given, pair: files.KeyPair | None) -> None:
    way = "a key of this machine (JWT bearer)" if pair else "a secret of the app"
    click.echo(f"Setting up the login to Salesforce by {way}.")
    if pair:
        verb = "Made" if pair.made else "Using"
        click.echo(f"\n{verb} {pair.key_file}, which must stay secret,")
        click.echo(f"and {pair.certificate.path}, until {pair.certificate.ends:%Y-%m-%d}.")
    click.echo("\nIn the browser, as an administrator:\n")
    certificate = pair.certificate.path if pair else None
    for number, text in enumerate(steps(given.flow, certificate), 1):
        click.echo(paragraph(text, label=f"{number:2}"))
    click.echo()


def _log_in_patiently(given: Given, *, asks: bool) -> dict[str, object]:
    """Log in; where somebody can answer, until it works or they give up."""
    if not asks:
        must_give(given.missing())
        return _log_in(given)
    again = False
    while True:
        _ask_for(given, again=again)
        click.echo("\nLogging in ...", err=True)
        try:
            return _log_in(given)
        except ConnectorError as error:
            _say_why(given, error)
            if not click.confirm("Try again?", default=True, err=True):
                raise
            again = True


def _say_why(given: Given, error: ConnectorError) -> None:
    """What is wrong; and what to do and where to click, as far as the doctor knows."""
    click.echo(f"\n{paragraph(str(error), hanging=0)}", err=True)
    finding = _diagnosis(given)
    for text in filter(None, (finding.cure, finding.where) if finding else ()):
        click.echo(paragraph(text, label="  ->", hanging=5), err=True)
    click.echo(err=True)


def _diagnosis(given: Given) -> Finding | None:
    try:
        settings = Settings.from_environment(given.settings())
    except ConfigurationError:
        return None
    return why_not(settings, lambda: open_org(settings), clock=system_clock)


def _ask_for(given: Given, *, again: bool) -> None:
    """Ask for what is missing; again for all of it, with the last answers to choose."""
    missing = given.missing()
    if again or "--login-url" in missing:
        given.login_url = ask(
            "Login URL (the address of the org in your browser will do)",
            default=given.login_url,
            read=files.my_domain,
        )
    if again or "--client-id" in missing:
        given.client_id = ask("Consumer key", default=given.client_id)
    if given.flow is Flow.JWT:
        if again or "--username" in missing:
            given.username = ask("Username to log in as", default=given.username)
    elif again or "--secret-file" in missing:
        given.secret_file = given.folder / files.SECRET_FILE
        files.keep_private(given.secret_file, ask("Consumer secret", secret=True) + "\n")


def _log_in(given: Given) -> dict[str, object]:
    """With just those settings that will be written."""
    settings = Settings.from_environment(given.settings())
    settings.require_salesforce()
    with open_org(settings) as org:
        org.reach()
        return look(org)


def _write(
    given: Given, told: Mapping[str, object], pair: files.KeyPair | None, *, force: bool
) -> Path:
    path = given.folder / files.SETTINGS_FILE
    values = {**given.settings(), f"{_PREFIX}ORG_ID": str(told["organization_id"] or "")}
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
    return path


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
    click.echo(f"\nNext, in this terminal:\n  set -a; . {path}; set +a\n  connector setup plan")


def _check(folder: Path, *, as_json: bool) -> None:
    path = folder / files.SETTINGS_FILE
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
    kind, _, path = settings.sources.get(f"{_PREFIX}PRIVATE_KEY", "").partition(" ")
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
