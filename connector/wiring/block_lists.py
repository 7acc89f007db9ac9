"""The block lists that are set up, from the settings."""

import functools
from collections.abc import Mapping, Sequence
from datetime import timedelta

from connector import block_lists
from connector.block_lists.base import SCOPE, BlockListKind, ConfiguredList
from connector.clock import Clock
from connector.domain.errors import ConfigurationError
from connector.pipeline.block_lists import BlockPusher
from connector.pipeline.block_pull import BlockPuller
from connector.rest.keys import RATE, faults, with_defaults
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
    wrong = [
        line
        for (gateway, account), values in found.items()
        for line in faults(
            kinds[gateway].keys, values, functools.partial(block_list_name, gateway, account)
        )
    ]
    if wrong:
        raise ConfigurationError("\n".join(wrong))
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
    try:
        opened = kind.open(with_defaults(kind.keys, values), clock)
    except ConfigurationError as error:
        raise ConfigurationError(f"block list {name}: {error}") from error
    return ConfiguredList(
        name=name,
        account=account,
        scope=values.get(SCOPE.name, ""),
        kind=kind,
        list=opened,
    )
