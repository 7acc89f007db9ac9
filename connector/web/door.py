"""The door for callbacks: check, keep, answer."""

import functools
import re
import time
from collections.abc import Callable, Mapping
from urllib.parse import unquote_plus

from connector.clock import Clock
from connector.domain.callback import Arrival, Callback
from connector.domain.errors import StoreUnavailableError
from connector.gateways.base import Gateway, Reply, Secrets
from connector.gateways.verify import trust
from connector.settings import account_key
from connector.web import answers
from connector.web.answers import Answer, RefusedError, Send, refusal
from connector.web.body import BodyReader
from connector.web.callers import Callers
from connector.web.group_commit import GroupCommit
from connector.web.papers import NotToBeHadError, Papers
from connector.web.reading import (
    ClientGoneError,
    Limits,
    Receive,
    Scope,
    read_headers,
    read_target,
)
from connector.web.tally import Tally


PREFIX = "/callbacks/"
#: Headers that hold secrets: checked, then not stored.
NOT_STORED = frozenset({"authorization", "proxy-authorization", "cookie"})
_ACCOUNT = re.compile(r"[A-Za-z0-9._-]{0,64}")


class Door:
    """
    Answers /callbacks/<gateway>[/<account>]: 2xx means authentic, and durably stored.

    Whatever an authentic request holds is stored, readable or not: the pipeline looks into it,
    and what it cannot read can be replayed once the parser is mended.
    """

    def __init__(
        self,
        *,
        gateways: Mapping[str, Gateway],
        secrets: Mapping[tuple[str, str], Secrets],
        callers: Callers,
        public_url: str,
        commit: GroupCommit,
        papers: Papers,
        clock: Clock,
        tally: Tally,
        limits: Limits,
        receipts: Callable[[Callback, int], None] | None = None,
    ) -> None:
        self._gateways = gateways
        self._secrets = secrets
        self._callers = callers
        self._public_url = public_url
        self._commit = commit
        self._papers = papers
        self._clock = clock
        self._tally = tally
        self._limits = limits
        self._receipts = receipts
        self._bodies = BodyReader(limits.body_bytes, limits.body_seconds)

    def trust_in(self, secrets: Mapping[tuple[str, str], Secrets]) -> None:
        """From now on these are the secrets."""
        self._secrets = secrets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._take(scope, receive)
        except RefusedError as refused:
            answer = refused.answer
        except ClientGoneError:
            return
        await answers.give(answer, send)

    async def _take(self, scope: Scope, receive: Receive) -> Answer:
        target = read_target(scope, self._limits)
        gateway, account = self._find(target)
        if scope["method"] not in gateway.methods:
            raise RefusedError(
                refusal(405, "", (b"allow", ", ".join(gateway.methods).encode()))
            )
        headers = read_headers(scope, self._limits)
        place = (gateway.name, account_key(account))
        if stranger := self._callers.stranger(place, scope, headers):
            self._tally.refused(gateway.name, "address not allowed", caller=stranger)
            return answers.NOT_TRUSTED
        callback = Callback(
            gateway=gateway.name,
            account=account,
            method=scope["method"],
            target=target,
            headers=headers,
            body=await self._bodies.read(receive, headers),
            received_at=self._clock(),
            public_url=self._public_url,
        )
        whole_at = time.perf_counter()
        if not (trusted := await self._trust(gateway, callback, place)):
            self._tally.refused(
                gateway.name, "not trusted" if trusted is False else "no secret"
            )
            return answers.NOT_TRUSTED
        answer = await self._keep(gateway, callback)
        self._tally.stored(*place, time.perf_counter() - whole_at)
        if self._receipts:
            self._receipts(callback, answer.status)
        return answer

    async def _trust(
        self, gateway: Gateway, callback: Callback, place: tuple[str, str]
    ) -> bool | None:
        """Whether it is authentic; what the gateway has published for that is fetched once."""
        secrets = self._secrets.get(place, {})
        trusted = trust(gateway, callback, secrets)
        if trusted or not (lacking := gateway.lacks(callback, secrets)):
            return trusted
        try:
            return trust(gateway, callback, await self._papers.completed(lacking, secrets))
        except NotToBeHadError:
            self._tally.refused(gateway.name, f"no {lacking.key}")
            raise RefusedError(answers.BUSY) from None

    def _find(self, target: str) -> tuple[Gateway, str]:
        path = target.partition("?")[0]
        name, _, account = path.removeprefix(PREFIX).partition("/")
        gateway = self._gateways.get(name)
        if gateway is None or not _ACCOUNT.fullmatch(account):
            raise RefusedError(answers.NOT_FOUND)
        return gateway, account

    async def _keep(self, gateway: Gateway, callback: Callback) -> Answer:
        arrival = Arrival(
            callback=Callback(
                gateway=callback.gateway,
                account=callback.account,
                method=callback.method,
                target=without_secrets(callback.target, gateway.hides),
                headers=without_credentials(callback.headers),
                body=callback.body,
                received_at=callback.received_at,
                public_url=callback.public_url,
                parts=gateway.kept(callback) or None,
            ),
            urgent=gateway.is_urgent(callback),
        )
        try:
            await self._commit.keep(arrival)
        except StoreUnavailableError:
            self._tally.refused(gateway.name, "not stored")
            raise RefusedError(answers.BUSY) from None
        return thanks(gateway.reply)


def without_secrets(target: str, hidden: tuple[str, ...]) -> str:
    """The target with the values of these query parameters blanked, all else byte for byte."""
    path, mark, query = target.partition("?")
    if not hidden or not query:
        return target
    pairs = query.split("&")
    for place, pair in enumerate(pairs):
        name, equals, _ = pair.partition("=")
        if unquote_plus(name) in hidden:
            pairs[place] = name + equals
    return path + mark + "&".join(pairs)


def without_credentials(headers: Mapping[str, str]) -> Mapping[str, str]:
    if NOT_STORED.isdisjoint(headers):
        return headers
    return {name: text for name, text in headers.items() if name not in NOT_STORED}


@functools.cache
def thanks(reply: Reply) -> Answer:
    headers = []
    if reply.content_type:
        headers.append((b"content-type", reply.content_type.encode()))
    if reply.status != 204:  # noqa: PLR2004 (No Content has no length)
        headers.append((b"content-length", str(len(reply.body)).encode()))
    return Answer(reply.status, tuple(headers), reply.body)
