"""A web server that dies between check, commit and answer, while gateways repeat."""

import asyncio
import contextlib
import threading
from collections.abc import Sequence

from connector.clock import system_clock
from connector.store import Store
from connector.web.keys import new_secret, secret_hash
from tests.end_to_end.client import Journal, deliver
from tests.end_to_end.expectation import missing
from tests.end_to_end.flood import kept_tokens
from tests.end_to_end.sends import AUTH_TOKEN, PUBLIC_URL, Send, callback, registration
from tests.reliability.crashes.shelf import Shelf
from tests.reliability.crashes.work import Scene
from tests.reliability.crashing import Crash
from tests.reliability.deployment import IMPORTED
from tests.reliability.trial import Tally
from tests.support.nursery import Nursery, Request
from tests.support.serving import free_port


#: The points of `points.POINTS` that a request passes.
STORED = (
    "trusted, not yet stored",
    "stored, not yet answered",
    "about to answer",
    "a registration not yet stored",
    "a registration stored, not yet answered",
)
CALLBACKS, REGISTRATIONS = 6, 4
#: How long it may take until somebody dies who answers too early, and until an end.
PATIENCE_SECONDS = 20


def crash_each(
    kept: Shelf, points: Sequence[str], *, nth: int, planted: Sequence[str] = ()
) -> Tally:
    """A web server for each point, which dies there once."""
    tally = Tally()
    with Nursery(*IMPORTED) as nursery, kept.empty() as first:
        key = _made(first)
        for point in points:
            with kept.copy(first) as scene:
                tally.faults += _Door(scene, nursery, key).crash(point, nth, planted)
            tally.counts["crashes of a web server at a request"] += 1
    return tally


def _made(scene: Scene) -> str:
    secret = new_secret()
    with contextlib.closing(Store.open(scene.store_url)) as store, store.transaction() as t:
        t.keys.create("sender", secret_hash(secret), ["messages:write"], system_clock())
    return secret


class _Door:
    """One web server, and those who call it."""

    def __init__(self, scene: Scene, nursery: Nursery, key: str) -> None:
        self._scene = scene
        self._nursery = nursery
        self._key = key
        self._port = free_port()

    def crash(self, point: str, nth: int, planted: Sequence[str]) -> list[str]:
        crash = Crash(point=point, nth=nth, mark=self._scene.folder / "died")
        words = [word for each in planted for word in ("--mistake", each)]
        sends = list(self._sends())
        pid = self._nursery.start(
            Request(
                arguments=[*words, "--crash", str(crash), "--", "web"],
                environment=self._settings(),
                log=str(self._scene.folder / "web.log"),
            )
        )
        journal = Journal()
        asyncio.run(deliver(sends, [self._port], journal, clients=1))
        for _ in range(PATIENCE_SECONDS * 20):
            if crash.happened:
                break
            threading.Event().wait(0.05)
        self._nursery.end(pid)
        if not crash.happened:
            return [f"nobody died at {point!r}, time {nth}"]
        return [f"died at {point!r}, time {nth}: {each}" for each in self._faults(sends)]

    def _settings(self) -> dict[str, str]:
        url = self._scene.store_url
        shared = {"CONNECTOR_DATABASE_URL": url} if url.startswith("postgresql") else {}
        return {
            "CONNECTOR_DATA_FOLDER": str(self._scene.folder / "data"),
            "CONNECTOR_LISTEN": f"127.0.0.1:{self._port}",
            "CONNECTOR_PUBLIC_URL": PUBLIC_URL,
            "CONNECTOR_GATEWAY_TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            **shared,
        }

    def _sends(self) -> Sequence[Send]:
        """Reports, and messages that are registered, in turn."""
        reports = [
            callback(
                f"report-{number}",
                {"MessageSid": f"SM{number:032x}", "MessageStatus": "delivered"},
                decides=(),
            )
            for number in range(CALLBACKS)
        ]
        registered = [
            registration(
                f"registration-{number}",
                [
                    {
                        "gateway": "twilio",
                        "message_id": f"SM{number + CALLBACKS:032x}",
                        "recipient": "+12015550100",
                    }
                ],
                self._key,
                decides=(),
            )
            for number in range(REGISTRATIONS)
        ]
        return [*reports, *registered]

    def _faults(self, sends: Sequence[Send]) -> list[str]:
        """All of it was answered with 2xx in the end."""
        url = self._scene.store_url
        with contextlib.closing(Store.open(url, upgrade=False)) as store:
            told = [each for each in sends if each.is_callback]
            lost = missing(told, frozenset(kept_tokens(store)))
            for number in range(REGISTRATIONS):
                if store.message("twilio", f"SM{number + CALLBACKS:032x}") is None:
                    lost.append(f"registration-{number}")
        return [f"acknowledged and lost: {each}" for each in lost]
