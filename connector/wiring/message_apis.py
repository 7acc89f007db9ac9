"""The message APIs that are set up, from the settings."""

import functools
from collections.abc import Mapping, Sequence

from connector import message_apis
from connector.clock import Clock
from connector.domain.errors import ConfigurationError
from connector.message_apis.base import ConfiguredApi, MessageApiKind
from connector.rest.keys import RATE, faults, with_defaults
from connector.settings import Settings, message_api_name, message_api_values


def open_apis(settings: Settings, clock: Clock) -> Sequence[ConfiguredApi]:
    """
    The APIs of these settings; nothing is sent yet.

    Raises ConfigurationError with a line for each value that is missing or cannot be right.
    """
    kinds = message_apis.installed()
    names = {
        gateway: [key.name for key in (*kind.keys, RATE)] for gateway, kind in kinds.items()
    }
    found = message_api_values(settings.message_apis, names)
    wrong = [
        line
        for (gateway, account), values in found.items()
        for line in faults(
            kinds[gateway].keys, values, functools.partial(message_api_name, gateway, account)
        )
    ]
    if wrong:
        raise ConfigurationError("\n".join(wrong))
    return [
        _open(
            kinds[gateway],
            account,
            values,
            clock,
            for_any=not account or (gateway, "") not in found,
        )
        for (gateway, account), values in sorted(found.items())
    ]


def needed(gateway: str = "") -> Sequence[str]:
    """A line for each gateway with the settings that it cannot do without."""
    names = {
        kind.title: [
            message_api_name(kind.gateway, "", key.name) for key in kind.keys if key.needed
        ]
        for kind in message_apis.installed().values()
        if gateway in {"", kind.gateway}
    }
    return [f"{title}: set {', '.join(each)}" for title, each in names.items()]


def _open(
    kind: MessageApiKind,
    account: str,
    values: Mapping[str, str],
    clock: Clock,
    *,
    for_any: bool,
) -> ConfiguredApi:
    name = f"{kind.gateway}/{account}" if account else kind.gateway
    try:
        opened = kind.open(with_defaults(kind.keys, values), clock)
    except ConfigurationError as error:
        raise ConfigurationError(f"message API {name}: {error}") from error
    return ConfiguredApi(name=name, account=account, kind=kind, api=opened, for_any=for_any)
