"""The SMS gateways that call us: one module each, found by what it exports."""

import difflib
import functools
import importlib
import pkgutil
from collections.abc import Mapping

from connector.domain.errors import ConfigurationError
from connector.gateways.base import Gateway


@functools.cache
def installed() -> Mapping[str, Gateway]:
    """Every gateway by its name: the modules of this package that export a GATEWAY."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = (importlib.import_module(f"{__name__}.{name}") for name in names)
    found = (getattr(module, "GATEWAY", None) for module in modules)
    return {gateway.name: gateway for gateway in found if isinstance(gateway, Gateway)}


def find(name: str) -> Gateway:
    gateway = installed().get(name)
    if gateway is None:
        near = difflib.get_close_matches(name.lower(), installed(), n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(installed())}"
        raise ConfigurationError(f"unknown gateway '{name}'; {hint}")
    return gateway
