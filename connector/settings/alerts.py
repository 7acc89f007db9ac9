"""When a campaign is not well, when failures are a spike, and who is told."""

# ruff: noqa: RUF009 (setting() is dataclasses.field)

import dataclasses
import ipaddress
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from connector.domain.health import HealthRules
from connector.domain.spikes import SpikeRules
from connector.rest.webhooks import signing_key
from connector.settings import kinds
from connector.settings.declaration import setting
from connector.settings.kinds import Kind
from connector.settings.salesforce import SalesforceSettings
from connector.settings.secret import Secret


def _points(least: float, most: float) -> Kind[float]:
    def read(text: str) -> float:
        value = float(text)
        if not least <= value <= most:  # NaN is between nothing
            raise ValueError(text)
        return value

    return Kind(f"a number from {least:g} to {most:g}", read)


def _read_webhook(text: str) -> Secret:
    """An address; what follows the host may be all that proves who posts."""
    if not text:
        return Secret()
    parts = urlsplit(text)
    host = parts.hostname or ""
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_here(host))
    if not host or not is_safe or parts.port == 0 or "@" in parts.netloc or parts.fragment:
        raise ValueError("no address")
    more = parts.path.strip("/") or parts.query
    return Secret(text, shown=f"{parts.scheme}://{parts.netloc}/{'***' if more else ''}")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read_key(text: str) -> Secret:
    if text:
        signing_key(text)
    return Secret(text)


WEBHOOK = Kind(
    "an address that begins with https:// (http for this machine only)",
    _read_webhook,
    secret=True,
)
SIGNING_KEY = Kind("whsec_ and the base64 of 24 to 64 bytes", _read_key, secret=True)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings(SalesforceSettings):
    """Health of campaigns, spikes and alerts."""

    health_healthy: float = setting(
        _points(0, 100),
        "95",
        "a campaign is Healthy from so many delivered messages in a hundred settled ones",
    )
    health_watch: float = setting(
        _points(0, 100), "90", "it is on Watch from so many, and Critical below"
    )
    health_margin: float = setting(
        _points(0, 50), "1", "its health gets better only so many points above these"
    )
    health_sample: int = setting(
        kinds.whole(1, 1_000_000), "100", "fewer settled messages have no health"
    )
    spike_points: float = setting(
        _points(0.5, 100),
        "3",
        "an hour with so many points more failures than the day before it is a spike, if "
        "chance does not explain it",
    )
    spike_sample: int = setting(
        kinds.whole(10, 1_000_000), "100", "an hour with fewer settled messages has no spikes"
    )
    alert_webhook: Secret = setting(
        WEBHOOK, "", "what each alert is posted to, when it starts and when it ends"
    )
    alert_webhook_key: Secret = setting(
        SIGNING_KEY,
        "",
        "what signs those posts: whsec_ and the base64 of 24 to 64 random bytes",
    )

    @property
    def health_rules(self) -> HealthRules:
        return HealthRules(
            healthy=self.health_healthy,
            watch=self.health_watch,
            margin=self.health_margin,
            sample=self.health_sample,
        )

    @property
    def spike_rules(self) -> SpikeRules:
        return SpikeRules(
            points=self.spike_points, sample=self.spike_sample, past=4 * self.spike_sample
        )

    def alert_contradictions(self, given: Collection[str]) -> Iterable[str]:
        """What each setting allows and all of them together do not."""
        yield from (f"CONNECTOR_HEALTH_...: {each}" for each in self.health_rules.faults())
        # Not what they hold: one that cannot be right is told of by itself.
        names = {"CONNECTOR_ALERT_WEBHOOK", "CONNECTOR_ALERT_WEBHOOK_KEY"}
        if len(names & set(given)) == 1:
            yield f"{' and '.join(sorted(names))} belong together: set both or none"
