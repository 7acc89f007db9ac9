"""The settings of the service itself: where it keeps things, listens and logs."""

# ruff: noqa: RUF009 (a setting is a field, declared by a call)

import dataclasses
from pathlib import Path

from connector.settings import kinds
from connector.settings.brands import Brands
from connector.settings.declaration import setting
from connector.settings.kinds import Address
from connector.settings.networks import Networks
from connector.settings.secret import Secret


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """How the service runs."""

    database_url: Secret = setting(
        kinds.DATABASE_URL,
        "",
        "PostgreSQL to keep everything in; not set: the embedded database",
    )
    data_folder: Path = setting(
        kinds.FOLDER, "connector-data", "where the embedded database lies; a local disk"
    )
    privacy_key: Secret = setting(
        kinds.SECRET,
        "",
        "key of the pseudonyms that erased numbers leave, the same for ever; not set: the "
        "database keeps one of its own",
    )
    public_url: str = setting(
        kinds.ORIGIN, "", "the address that gateways call; their signatures cover it"
    )
    listen: Address = setting(
        kinds.ADDRESS, "127.0.0.1:8080", "where the web server listens, behind the proxy"
    )
    trusted_proxies: Networks = setting(
        kinds.NETWORKS,
        "",
        "proxies of your own: what they add to X-Forwarded-For is believed; not set: none is",
    )
    mappings: Path | None = setting(
        kinds.OPTIONAL_PATH, "", "folder of mapping files; not set: the ones shipped with it"
    )
    default_region: str = setting(
        kinds.REGION,
        "",
        "country of numbers that Salesforce and gateways write without a country code",
    )
    brands: Brands = setting(
        kinds.BRANDS, "", "whose senders are whose; not set: a STOP counts for all of them"
    )
    max_body_bytes: int = setting(
        kinds.whole(1024, 10_000_000), "65536", "a longer callback is refused"
    )
    web_processes: int = setting(
        kinds.whole(1, 64), "1", "web processes; cores less one is a good number"
    )
    drain_seconds: float = setting(
        kinds.seconds(0, 10),
        "1",
        "how long a web process that was told to end goes on, while /readyz says no: as long "
        "as a balancer takes to notice",
    )
    worker_processes: int = setting(
        kinds.whole(1, 64), "1", "worker processes of `connector run`; more need PostgreSQL"
    )
    flush_seconds: float = setting(
        kinds.seconds(0.1, 3600), "0.5", "how often pending fields are sent to Salesforce"
    )
    directory_poll_seconds: float = setting(
        kinds.seconds(5, 86_400), "60", "how often changed phone numbers are fetched"
    )
    heartbeat_file: Path | None = setting(
        kinds.OPTIONAL_PATH,
        "",
        "file that a worker touches as long as it works, for `connector health worker`",
    )
    metrics: str = setting(
        kinds.choice("open", "key", "off"),
        "open",
        "who may scrape /metrics; key: whoever has an API key of the scope status:read",
    )
    traces: str = setting(
        kinds.COLLECTOR, "off", "where traces of callbacks are sent, as OTLP over HTTP"
    )
    traces_percent: int = setting(
        kinds.whole(1, 100), "100", "of so many callbacks in a hundred there is a trace"
    )
    log_level: str = setting(
        kinds.choice("debug", "info", "warning", "error"), "info", "the least that is logged"
    )
    log_format: str = setting(
        kinds.choice("json", "text", "auto"),
        "auto",
        "auto: text on a terminal, else JSON lines",
    )
