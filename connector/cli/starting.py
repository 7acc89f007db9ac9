"""What every long-running command does first: settings, logs, and one word on what is wrong."""

import logging
from collections.abc import Callable, Iterable

from connector import logs
from connector.domain.errors import ConfigurationError
from connector.notify import Notifier
from connector.settings import Settings, take_supervision
from connector.store import Store
from connector.store.schema import head
from connector.traces import can_trace
from connector.wiring.local import phone_reader, read_mappings, read_secrets


log = logging.getLogger(__name__)

Check = Callable[[Settings], object]


def prepare(*checks: Check) -> Settings:
    """Settings that passed these checks, logs set up; all complaints come at once."""
    settings = Settings.from_environment()
    complain(settings, checks)
    logs.setup(level=settings.log_level, format=settings.log_format, secrets=settings.secrets)
    for warning in settings.warnings:
        log.warning("setting.unsafe", extra={"reason": warning})
    return settings


def who_supervises() -> Notifier:
    """To be told how this process is; nobody, where nobody asked for it."""
    supervision = take_supervision()
    return Notifier(supervision.address, supervision.watchdog_seconds)


def complain(settings: Settings, checks: Iterable[Check]) -> None:
    """Raise one ConfigurationError with the complaints of all checks."""
    problems: list[str] = []
    for check in checks:
        try:
            check(settings)
        except ConfigurationError as error:
            problems += str(error).splitlines()
    if problems:
        raise ConfigurationError("\n".join(dict.fromkeys(problems)))


def can_take_callbacks(settings: Settings) -> None:
    settings.require("public_url")


def knows_its_gateways(settings: Settings) -> None:
    """A gateway without a secret is refused at the door; none at all is surely a mistake."""
    if not read_secrets(settings):
        raise ConfigurationError(
            "no gateway has a secret yet, so no callback would be trusted: set one such as"
            " CONNECTOR_GATEWAY_<NAME>_<KEY>; `connector gateways list` shows their keys"
        )


def can_log_in(settings: Settings) -> None:
    settings.require_salesforce()


def say_state(store: Store) -> None:
    """A line in the log for what is unusual: a newer schema, opt-outs that may be missing."""
    with store.transaction(reads=True) as transaction:
        restoration = transaction.restorations.current()
    if restoration:
        log.warning("store.restored", extra={"since": restoration.since})
    if newer := store.newer_schema():
        log.info("store.schema_newer", extra={"schema": newer, "own": head()})


WEB: tuple[Check, ...] = (can_take_callbacks, knows_its_gateways, phone_reader, can_trace)
WORKER: tuple[Check, ...] = (read_mappings, can_log_in, phone_reader, can_trace)
