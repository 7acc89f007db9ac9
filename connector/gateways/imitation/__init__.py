"""
The gateways imitated: signed requests as each would make them, for the demo and for tests.

A module here has the name of its gateway and exports one IMITATION. It shares no code with the
reading side, so that a mistake there is not repeated here.
"""

import functools
import importlib
import pkgutil
from collections.abc import Mapping

from connector.gateways.imitation.base import Imitation


@functools.cache
def imitated() -> Mapping[str, Imitation]:
    """Every imitation by the name of its gateway."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = {name: importlib.import_module(f"{__name__}.{name}") for name in names}
    found = {name: getattr(module, "IMITATION", None) for name, module in modules.items()}
    return {name: each for name, each in found.items() if isinstance(each, Imitation)}
