"""What a first login asks for, and trying it until it works or somebody gives up."""

import dataclasses
from pathlib import Path

import click

from connector.cli.asking import ask, must_give, paragraph
from connector.cli.org_view import look
from connector.clock import system_clock
from connector.domain.errors import ConfigurationError, ConnectorError
from connector.salesforce.reach import UnreachableError
from connector.settings import Settings
from connector.setup import login as files
from connector.setup.doctor import Finding
from connector.setup.first_aid import why_not
from connector.setup.walkthrough import Flow, steps
from connector.wiring.org import open_org


PREFIX = "CONNECTOR_SALESFORCE_"
_QUESTIONS = {
    "LOGIN_URL": "the login URL",
    "CLIENT_ID": "the consumer key",
    "CLIENT_SECRET": "the consumer secret",
    "USERNAME": "the username",
    "PRIVATE_KEY": "this key",
    "AUDIENCE": "--audience",
    "CA_FILE": "--ca-file",
}
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
            wanted["--secret-file"] = (
                str(self.secret_file or ""),
                "a file with the consumer secret",
            )
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
        return {PREFIX + name: str(value) for name, value in named.items() if value}


def take_over(given: Given, path: Path) -> Path | None:
    """The app of an earlier login in this folder, for another user; from which file it is."""
    files_there = [path, *sorted(given.folder.glob("*.env"))]
    known = next((each for each in files_there if each.exists()), None)
    if known is None or given.client_id:
        return None
    before = Settings.from_file(known)
    used_jwt = bool(before.salesforce_private_key)
    same_flow = used_jwt is (given.flow is Flow.JWT)
    if not same_flow or given.login_url not in {"", before.salesforce_login_url}:
        return None
    given.login_url, given.client_id = (
        before.salesforce_login_url,
        before.salesforce_client_id,
    )
    given.audience = given.audience or before.salesforce_audience
    given.ca_file = given.ca_file or before.salesforce_ca_file
    return known


def explain(given: Given, pair: files.KeyPair | None) -> None:
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


def log_in_patiently(given: Given, *, asks: bool) -> dict[str, object]:
    """Log in; where somebody can answer, until it works or they give up."""
    if not asks:
        must_give(given.missing())
        return _log_in_once(given)
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


def _log_in_once(given: Given) -> dict[str, object]:
    try:
        return _log_in(given)
    except UnreachableError as error:
        finding = _diagnosis(given)
        told = f"{finding.what}. {_by_question(finding.cure)}" if finding else str(error)
    raise ConfigurationError(told)


def _say_why(given: Given, error: ConnectorError) -> None:
    """What is wrong; and what to do and where to click, as far as the doctor knows."""
    finding = _diagnosis(given)
    if finding is None:
        click.echo(f"\n{paragraph(_by_question(str(error)), hanging=0)}\n", err=True)
        return
    told = {"": finding.what, "do": _by_question(finding.cure), "click": finding.where}
    click.echo(err=True)
    for label, text in told.items():
        if text:
            click.echo(paragraph(text, label=label, hanging=7 if label else 0), err=True)
    click.echo(err=True)


def _by_question(text: str) -> str:
    """Settings by what they are called where one is asked for them."""
    for setting, name in _QUESTIONS.items():
        text = text.replace(PREFIX + setting, name)
    return text


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
