"""The block lists that are set up, from the settings."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from connector import block_lists
from connector.block_lists.base import RATE, SCOPE, BlockListKind, ConfiguredList
from connector.clock import Clock
from connector.domain.errors import ConfigurationError
from connector.pipeline.block_lists import BlockPusher
from connector.pipeline.block_pull import BlockPuller
from connector.settings import Settings, block_list_name, block_list_values
from connector.store import Store


_COMMON = (SCOPE, RATE)


def open_lists(settings: Settings, clock: Clock) -> Sequence[ConfiguredList]:
    """
    The lists of these settings; nothing is sent yet.

    Raises ConfigurationError with a line for each value that is missing or cannot be right.
    """
    kinds = block_lists.installed()
    names = {
        gateway: [key.name for key in (*kind.keys, *_COMMON)] for gateway, kind in kinds.items()
    }
    found = block_list_values(settings.block_lists, names)
    faults = [
        line
        for (gateway, account), values in found.items()
        for line in _faults(kinds[gateway], account, values)
    ]
    if faults:
        raise ConfigurationError("\n".join(faults))
    return [
        _open(kinds[gateway], account, values, clock)
        for (gateway, account), values in sorted(found.items())
    ]


def build_pusher(
    settings: Settings, store: Store, lists: Sequence[ConfiguredList], clock: Clock, holder: str
) -> BlockPusher:
    """What sends opt-outs to the lists."""
    return BlockPusher(
        store, lists, clock, holder=holder, unblock=settings.block_list_unblock == "yes"
    )


def build_puller(
    settings: Settings, store: Store, lists: Sequence[ConfiguredList], clock: Clock, holder: str
) -> BlockPuller:
    """What fetches opt-outs from the lists."""
    every = timedelta(seconds=settings.block_list_pull_seconds)
    return BlockPuller(store, lists, clock, holder=holder, every=every)


def _open(
    kind: BlockListKind, account: str, values: Mapping[str, str], clock: Clock
) -> ConfiguredList:
    name = f"{kind.gateway}/{account}" if account else kind.gateway
    whole = {key.name: key.default for key in kind.keys if key.default} | dict(values)
    try:
        opened = kind.open(whole, clock)
    except ConfigurationError as error:
        raise ConfigurationError(f"block list {name}: {error}") from error
    return ConfiguredList(
        name=name,
        account=account,
        scope=values.get(SCOPE.name, ""),
        kind=kind,
        list=opened,
    )


def _faults(kind: BlockListKind, account: str, values: Mapping[str, str]) -> Iterable[str]:
    for key in kind.keys:
        name = block_list_name(kind.gateway, account, key.name)
        given = values.get(key.name, "")
        if key.needed and not given:
            yield f"set {name}: {key.help}"
        elif given and (fault := key.fault(given)):
            yield f"{name} {fault}"
