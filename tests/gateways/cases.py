"""
The callback files: one request each, its secrets, and what it says.

    # where the request comes from
    request: {method, url, headers, body, at}
    secrets: {key: value, or a list of two live values}
    trusted: false      where it shall be refused with these secrets
    unreadable: true    where something in it cannot be read
    events: [{class, ...}]  delivery, consent or engagement; what is not named has its default
"""

import dataclasses
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from connector import gateways
from connector.domain.callback import Callback
from connector.gateways.base import Gateway
from tests.support.clock import NOON


FOLDER = Path(__file__).parents[1] / "callbacks"
FILES = sorted(FOLDER.glob("*/*.yaml"))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One callback file, read."""

    gateway: Gateway
    callback: Callback
    secrets: dict[str, list[str]]
    trusted: bool
    unreadable: bool
    events: list[dict[str, object]]


def read(path: Path) -> Case:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    request = content["request"]
    parts = urlsplit(request["url"])
    gateway = gateways.find(path.parent.name)
    callback = Callback(
        gateway=gateway.name,
        method=request["method"],
        target=request["url"].removeprefix(f"{parts.scheme}://{parts.netloc}"),
        headers={name.lower(): value for name, value in request.get("headers", {}).items()},
        body=request.get("body", "").encode(),
        received_at=datetime.fromisoformat(request["at"]) if "at" in request else NOON,
        public_url=f"{parts.scheme}://{parts.netloc}",
    )
    return Case(
        gateway=gateway,
        callback=callback,
        secrets={k: [v] if isinstance(v, str) else v for k, v in content["secrets"].items()},
        trusted=content.get("trusted", True),
        unreadable=content.get("unreadable", False),
        events=content["events"],
    )
