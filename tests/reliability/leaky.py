"""
The service with a leak planted into it: `python -m tests.reliability.leaky MISTAKE COMMAND`.

Without a mistake it has a parser that breaks, as any version may have one.
"""

import logging
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from connector import cli
from connector.domain.callback import Callback
from connector.gateways import installed
from connector.logs import Redactor
from connector.web import door
from connector.web.door import Door


log = logging.getLogger(__name__)

REFUSED = "a refused callback is logged as it came"
KEPT = "credentials are kept with the callback"
UNMASKED = "the log masks nothing, and tells what came"
MISTAKES = (REFUSED, KEPT, UNMASKED)


def plant(mistake: str) -> None:
    """The mistake, and a fault that any version may have: a parser that breaks."""
    object.__setattr__(installed()["clicksend"], "parse", _break)
    for owner, name, instead in _PLANTED.get(mistake, ()):
        setattr(owner, name, instead)


def _break(callback: Callback) -> Sequence[object]:
    raise ValueError(f"cannot read {callback.body!r}")


async def _trust_and_tell(self: Door, gateway: Any, callback: Any, place: Any) -> bool | None:
    trusted = await _trust(self, gateway, callback, place)
    if not trusted:
        log.warning("told", extra={"target": callback.target, "of": dict(callback.headers)})
    return trusted


async def _keep_and_tell(self: Door, gateway: Any, callback: Any) -> Any:
    log.warning("told", extra={"body": callback.body.decode("utf-8", "replace")})
    return await _keep(self, gateway, callback)


_trust, _keep = Door._trust, Door._keep  # noqa: SLF001


_PLANTED: Mapping[str, Sequence[tuple[object, str, object]]] = {
    KEPT: (
        (door, "without_credentials", lambda headers: headers),
        (door, "without_secrets", lambda target, _hidden: target),
    ),
    REFUSED: ((Door, "_trust", _trust_and_tell),),
    UNMASKED: (
        (Redactor, "text", lambda _self, text: text),
        (Door, "_keep", _keep_and_tell),
    ),
}


def main() -> None:
    plant(sys.argv[1])
    sys.argv = ["connector", *sys.argv[2:]]
    cli.main()


if __name__ == "__main__":
    main()
