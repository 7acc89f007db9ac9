"""
What is set for a gateway: CONNECTOR_GATEWAY_<NAME>_<KEY>, one more word for an account.

    CONNECTOR_GATEWAY_TWILIO_AUTH_TOKEN                the account without a name
    CONNECTOR_GATEWAY_TWILIO_AUTH_TOKEN_PREVIOUS       still valid while it is being changed
    CONNECTOR_GATEWAY_TWILIO__EUROPE_AUTH_TOKEN        /callbacks/twilio/europe
    CONNECTOR_GATEWAY_TWILIO__EUROPE_REGION            an option, no secret

An account has its own of everything: nothing is passed on from the one without a name.
"""

import dataclasses
import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from connector.domain.errors import ConfigurationError
from connector.settings.declaration import (
    BLOCK_LIST_PREFIX,
    GATEWAY_PREFIX,
    MESSAGE_API_PREFIX,
    Option,
)
from connector.settings.secret import Secret


T = TypeVar("T")

_PREVIOUS = "_PREVIOUS"


class GatewaySecrets(dict[str, Sequence[str]]):
    """The live values of each secret key of one gateway account; its text shows none."""

    def __repr__(self) -> str:
        return f"GatewaySecrets({', '.join(self)})"

    __str__ = __repr__


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class _Place:
    """Where a variable belongs; the current value of a key sorts before the previous one."""

    gateway: str
    account: str
    key: str
    previous: bool = False


def account_key(account: str) -> str:
    """An account's name as it is looked up: a URL may write eu-west for EU_WEST."""
    return account.lower().replace("-", "_")


def secret_name(gateway: str, account: str, key: str, *, prefix: str = GATEWAY_PREFIX) -> str:
    """The variable that holds a secret or an option: what to tell an operator to change."""
    words = [gateway, "", account, key] if account else [gateway, key]
    return prefix + "_".join(map(_variable, words))


def block_list_name(gateway: str, account: str, key: str) -> str:
    """The variable that holds a value of a block list."""
    return secret_name(gateway, account, key, prefix=BLOCK_LIST_PREFIX)


def message_api_name(gateway: str, account: str, key: str) -> str:
    """The variable that holds a value of a message API."""
    return secret_name(gateway, account, key, prefix=MESSAGE_API_PREFIX)


def gateway_secrets(
    found: Mapping[str, Secret], keys: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], GatewaySecrets]:
    """
    The secrets by gateway and account, from the variables found and the keys each gateway has.

    Raises ConfigurationError with a line for each variable that belongs nowhere.
    """
    problems, places = [], {}
    for rest in found:
        place = _place(rest, keys)
        if place is None:
            problems.append(_explain(rest, keys))
        else:
            places[place] = rest
    for place, rest in places.items():
        if place.previous and dataclasses.replace(place, previous=False) not in places:
            current = rest.removesuffix(_PREVIOUS)
            problems.append(
                f"{GATEWAY_PREFIX}{rest} is set, but {GATEWAY_PREFIX}{current} is not"
            )
    if problems:
        raise ConfigurationError("\n".join(sorted(problems)))
    secrets: dict[tuple[str, str], GatewaySecrets] = {}
    for place, rest in sorted(places.items()):
        account = secrets.setdefault((place.gateway, place.account), GatewaySecrets())
        account[place.key] = (*account.get(place.key, ()), found[rest].value)
    return secrets


def gateway_option(
    option: Option[T], found: Mapping[str, T], gateways: Iterable[str]
) -> dict[tuple[str, str], T]:
    """
    The values of an option by gateway and account, from the variables found.

    Raises ConfigurationError with a line for each variable of no gateway.
    """
    keys = {gateway: [option.word.lower()] for gateway in gateways}
    places = {rest: _place(rest, keys) for rest in found}
    if problems := [_explain(rest, keys) for rest, place in places.items() if not place]:
        raise ConfigurationError("\n".join(problems))
    return {
        (place.gateway, place.account): found[rest] for rest, place in places.items() if place
    }


def block_list_values(
    found: Mapping[str, Secret], keys: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], dict[str, str]]:
    """
    What is set for the block list of each gateway account, by key.

    Raises ConfigurationError with a line for each variable that belongs nowhere.
    """
    return _values(found, keys, BLOCK_LIST_PREFIX)


def message_api_values(
    found: Mapping[str, Secret], keys: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], dict[str, str]]:
    """The same for message APIs."""
    return _values(found, keys, MESSAGE_API_PREFIX)


def _values(
    found: Mapping[str, Secret], keys: Mapping[str, Sequence[str]], prefix: str
) -> dict[tuple[str, str], dict[str, str]]:
    places = {rest: _place(rest, keys) for rest in found}
    unknown = [rest for rest, place in places.items() if place is None or place.previous]
    if problems := [_explain(rest, keys, prefix) for rest in unknown]:
        raise ConfigurationError("\n".join(problems))
    values: dict[tuple[str, str], dict[str, str]] = {}
    for rest, place in places.items():
        if place:
            account = values.setdefault((place.gateway, place.account), {})
            account[place.key] = found[rest].value
    return values


def _place(rest: str, keys: Mapping[str, Sequence[str]]) -> _Place | None:
    """The longest gateway name wins, then the longest key: no variable has two meanings."""
    for gateway in sorted(keys, key=len, reverse=True):
        _, found, tail = rest.partition(f"{_variable(gateway)}_")
        if found and rest.startswith(found):
            for place in _places(gateway, tail, keys[gateway]):
                return place
    return None


def _places(gateway: str, tail: str, keys: Sequence[str]) -> Iterator[_Place]:
    text, previous = tail.removesuffix(_PREVIOUS), tail.endswith(_PREVIOUS)
    for key in sorted(keys, key=len, reverse=True):
        if text == _variable(key):
            yield _Place(gateway, "", key, previous)
        account = text.removeprefix("_").removesuffix(f"_{_variable(key)}")
        if text == f"_{account}_{_variable(key)}" and account:
            yield _Place(gateway, account_key(account), key, previous)


def _explain(rest: str, keys: Mapping[str, Sequence[str]], prefix: str = GATEWAY_PREFIX) -> str:
    takes = {_variable(gateway): [_variable(key) for key in keys[gateway]] for gateway in keys}
    names = [f"{gateway}_{key}" for gateway, known in takes.items() for key in known]
    known = next((gateway for gateway in takes if rest.startswith(f"{gateway}_")), "")
    if near := difflib.get_close_matches(rest, names, n=1, cutoff=0.8):
        hint = f"did you mean {prefix}{near[0]}?"
    elif known:
        hint = f"{known.lower()} takes {', '.join(takes[known])}"
    else:
        hint = f"the gateways are {', '.join(sorted(keys))}"
    return f"unknown setting {prefix}{rest}; {hint}"


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")
