"""The block lists that gateways keep themselves: one module each, found by what it exports."""

import functools
import importlib
import pkgutil
from collections.abc import Mapping

from connector.block_lists.base import BlockListKind


@functools.cache
def installed() -> Mapping[str, BlockListKind]:
    """Every kind of list by its gateway: the modules here that export a BLOCK_LIST."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = (importlib.import_module(f"{__name__}.{name}") for name in names)
    found = (getattr(module, "BLOCK_LIST", None) for module in modules)
    return {kind.gateway: kind for kind in found if isinstance(kind, BlockListKind)}
