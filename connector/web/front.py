"""What the server calls: the door for callbacks, the probes, and the application behind."""

from collections.abc import Awaitable, Callable, Sequence

from connector.web import answers
from connector.web.answers import Answer, Send
from connector.web.door import Door
from connector.web.health import Health
from connector.web.mount import Mount
from connector.web.reading import Receive, Scope


Hook = Callable[[], Awaitable[None] | None]


class Front:
    """
    One ASGI application for everything that this service answers.

    `starting` runs on the server's event loop before the first request, `stopping` after the
    last one, in order.
    """

    def __init__(
        self,
        *,
        door: Door,
        health: Health,
        mount: Mount,
        starting: Sequence[Hook] = (),
        stopping: Sequence[Hook] = (),
    ) -> None:
        self._door = door
        self._health = health
        self._mount = mount
        self._starting = starting
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if self._health.draining:
            send = answers.last(send)
        if scope["raw_path"].startswith(b"/callbacks/"):
            await self._door(scope, receive, send)
        elif (answer := await self._probe(scope)) is not None:
            await answers.give(answer, send)
        else:
            await self._mount(scope, receive, send)

    async def _probe(self, scope: Scope) -> Answer | None:
        if scope["method"] not in {"GET", "HEAD"}:
            return None
        if scope["path"] == "/livez":
            return self._health.live()
        if scope["path"] == "/readyz":
            return await self._health.ready()
        return None

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        for hook in self._starting:
            if (beginning := hook()) is not None:
                await beginning
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for hook in self._stopping:
            if (ending := hook()) is not None:
                await ending
        await send({"type": "lifespan.shutdown.complete"})
