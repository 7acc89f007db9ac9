"""
Posts each beginning and each end of an alert to an address, signed by Standard Webhooks 1.0.

A post whose answer was lost comes again, under the same id; so does nothing else. It holds no
phone numbers and no names.
"""

import dataclasses
import logging
import random
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import orjson

from connector.clock import Clock
from connector.pipeline.tenure import Tenure, TenureLostError
from connector.rest.errors import ApiError, BusyError
from connector.rest.http import Api
from connector.rest.shapes import stamp
from connector.rest.webhooks import signed, signing_key
from connector.store import Store
from connector.store.alert_messages import AlertMessage, Step, Way


log = logging.getLogger(__name__)

#: Longer than the longest post.
LEASE = timedelta(minutes=2)
#: Posts of one round.
ROUND = 20
#: The longest first wait after a post in vain; each is up to twice as long, to the longest.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(minutes=15)
GIVEN_UP_AFTER = timedelta(days=3)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class WebhookReport:
    """What became of the posts of one round."""

    posted: int = 0
    postponed: int = 0
    given_up: int = 0


class AlertWebhook:
    """Posts what is due; without an address nothing ever is."""

    def __init__(
        self, store: Store, clock: Clock, *, address: str, key: str, holder: str
    ) -> None:
        parts = urlsplit(address)
        self._api = Api(f"{parts.scheme}://{parts.netloc}", clock) if address else None
        self._path = parts.path + (f"?{parts.query}" if parts.query else "")
        self._key = signing_key(key) if address else b""
        self._store = store
        self._clock = clock
        self._holder = holder
        self._chance = random.Random(holder)  # noqa: S311 (spreads retries, keeps no secret)

    def tell(self) -> WebhookReport:
        """One round; it ends with the first post in vain: the others would be too."""
        if self._api is None or self._next() is None:
            return WebhookReport()
        with self._store.transaction() as transaction:
            name, now = "alerts:webhook", self._clock()
            lease = transaction.leases.take(name, self._holder, now, LEASE)
        if lease is None:
            return WebhookReport()
        tenure = Tenure(lease, self._store, self._clock, LEASE)
        try:
            return self._round(self._api, tenure)
        except TenureLostError:
            log.warning("alert.webhook.lost")
            return WebhookReport()
        finally:
            tenure.give_back()

    def _round(self, api: Api, tenure: Tenure) -> WebhookReport:
        posted = 0
        for _ in range(ROUND):
            message = self._next()
            if message is None:
                break
            with tenure.renewed():  # the post has the whole lease
                pass
            try:
                self._post(api, message)
            except ApiError as error:
                return self._failed(tenure, message, error, posted)
            with tenure.held() as transaction:
                transaction.alert_messages.done(message, self._clock())
            posted += 1
        return WebhookReport(posted=posted)

    def _next(self) -> AlertMessage | None:
        with self._store.transaction(reads=True) as transaction:
            due = transaction.alert_messages.due(Way.WEBHOOK, self._clock(), 1)
        return next(iter(due), None)

    def _post(self, api: Api, message: AlertMessage) -> None:
        body = orjson.dumps(document(message))
        headers = signed(self._key, f"alert_{message.key}", self._clock(), body)
        api.send("POST", self._path, body, headers=headers, reads=False)

    def _failed(
        self, tenure: Tenure, message: AlertMessage, error: ApiError, posted: int
    ) -> WebhookReport:
        now, cause = self._clock(), str(error)
        gives_up = now >= message.since + GIVEN_UP_AFTER
        with tenure.held() as transaction:
            if gives_up:
                transaction.alert_messages.done(message, now, cause)
            else:
                until = now + self._wait(message, error)
                transaction.alert_messages.postpone(message, until, cause)
        told = {"id": message.key, "step": message.step.value, "reason": cause}
        if gives_up:
            log.error("alert.webhook.given_up", extra=told)
        elif not message.attempts:
            log.warning("alert.webhook.failed", extra=told)
        return WebhookReport(posted=posted, postponed=int(not gives_up), given_up=int(gives_up))

    def _wait(self, message: AlertMessage, error: ApiError) -> timedelta:
        longest = min(FIRST_WAIT * (1 << min(message.attempts, 16)), LONGEST_WAIT)
        wait = longest * self._chance.uniform(0.5, 1)
        asked = error.wait if isinstance(error, BusyError) else None
        return max(wait, asked or wait)


def document(message: AlertMessage) -> dict[str, object]:
    """What is posted; the same each time."""
    alert, trouble = message.alert, message.alert.trouble
    at = alert.since if message.step is Step.STARTED else alert.ended_at or alert.since
    return {
        "type": f"alert.{message.step}",
        "timestamp": stamp(at),
        "data": {
            "alert": alert.key(""),
            "kind": trouble.kind.value,
            "subject": trouble.subject,
            "what": trouble.what,
            "text": trouble.text,
            "since": stamp(alert.since),
            "ended_at": _stamp(alert.ended_at if message.step is Step.ENDED else None),
            "figures": dict(trouble.figures),
        },
    }


def _stamp(moment: datetime | None) -> str | None:
    return stamp(moment) if moment else None
