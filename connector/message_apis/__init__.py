"""The message records that gateways keep: one module each, found by what it exports."""

import functools
import importlib
import pkgutil
from collections.abc import Mapping

from connector.message_apis.base import MessageApiKind


@functools.cache
def installed() -> Mapping[str, MessageApiKind]:
    """Every kind of API by its gateway: the modules here that export a MESSAGE_API."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = (importlib.import_module(f"{__name__}.{name}") for name in names)
    found = (getattr(module, "MESSAGE_API", None) for module in modules)
    return {kind.gateway: kind for kind in found if isinstance(kind, MessageApiKind)}
