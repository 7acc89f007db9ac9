"""Every setting, declared once: name, kind, default, help."""

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from connector.domain.errors import ConfigurationError
from connector.settings import kinds
from connector.settings.declaration import (
    ADDRESSES,
    BLOCK_LIST_PREFIX,
    GATEWAY_PREFIX,
    PREFIX,
    REGION,
    Declaration,
    declarations,
    setting,
)
from connector.settings.environment import Environment, with_file
from connector.settings.kinds import Address
from connector.settings.networks import Networks
from connector.settings.secret import Secret


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ShownSetting:
    """One line of `config show`; secrets are masked."""

    name: str
    value: str
    source: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the operator set. A field `xyz` is the variable CONNECTOR_XYZ."""

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
    max_body_bytes: int = setting(
        kinds.whole(1024, 10_000_000), "65536", "a longer callback is refused"
    )
    web_processes: int = setting(
        kinds.whole(1, 64), "1", "web processes; cores less one is a good number"
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
    metrics: str = setting(
        kinds.choice("open", "key", "off"),
        "open",
        "who may scrape /metrics; key: whoever has an API key of the scope status:read",
    )
    log_level: str = setting(
        kinds.choice("debug", "info", "warning", "error"), "info", "the least that is logged"
    )
    log_format: str = setting(
        kinds.choice("json", "text", "auto"),
        "auto",
        "auto: text on a terminal, else JSON lines",
    )
    salesforce_login_url: str = setting(
        kinds.ORIGIN, "", "the org's My Domain, such as https://example.my.salesforce.com"
    )
    salesforce_audience: str = setting(
        kinds.ORIGIN, "", "`aud` of the JWT; not set: the login address"
    )
    salesforce_client_id: str = setting(
        kinds.ANY_TEXT, "", "consumer key of the external client app"
    )
    salesforce_username: str = setting(
        kinds.ANY_TEXT, "", "the integration user, for the JWT bearer flow"
    )
    salesforce_private_key: Secret = setting(
        kinds.PRIVATE_KEY, "", "key of the app's certificate, for the JWT bearer flow"
    )
    salesforce_client_secret: Secret = setting(
        kinds.SECRET, "", "consumer secret, for the client credentials flow"
    )
    salesforce_org_id: str = setting(
        kinds.matching(
            r"00D[a-zA-Z0-9]{12}([a-zA-Z0-9]{3})?", "an org id, 00D and 12 or 15 more"
        ),
        "",
        "the only org to talk to, by its id; not set: whichever is behind the login",
    )
    salesforce_api_version: str = setting(
        kinds.matching(r"[1-9]\d\.0", "a version such as 66.0"),
        "66.0",
        "version of the REST API",
    )
    salesforce_ca_file: Path | None = setting(
        kinds.OPTIONAL_PATH, "", "certificates to trust instead of the usual ones"
    )
    salesforce_connect_timeout_seconds: float = setting(
        kinds.seconds(0.1, 120), "10", "how long a connection may take"
    )
    salesforce_read_timeout_seconds: float = setting(
        kinds.seconds(1, 600), "120", "how long Salesforce may take to answer"
    )
    salesforce_api_share: int = setting(
        kinds.whole(1, 100), "50", "percent of the org's daily API calls that may be used"
    )
    salesforce_api_reserve: int = setting(
        kinds.whole(0, 1_000_000), "1000", "calls kept back for opt-outs"
    )
    salesforce_batch_size: int = setting(
        kinds.whole(1, 200), "200", "records in one update call; fewer for slow triggers"
    )
    salesforce_bulk_from: int = setting(
        kinds.whole(0, 1_000_000),
        "5000",
        "more waiting records of one object than this go by a bulk job; 0: never",
    )
    platform_events: str = setting(
        kinds.choice("none", "changes"),
        "none",
        "changes: publish SMS_Delivery__e when a person's record has changed, for flows",
    )
    campaign_time_zone: tzinfo = setting(
        kinds.ZONE, "UTC", "where the days and hours of campaign figures begin"
    )
    campaign_rows: str = setting(
        kinds.choice("hours", "days", "total", "none"),
        "hours",
        "the finest rows of SMS_Campaign_Stat__c; each takes 2 KB of the org's storage",
    )
    roll_up_seconds: float = setting(
        kinds.seconds(5, 86_400), "300", "how often campaign figures are rolled up"
    )
    keep_callbacks_days: int = setting(
        kinds.whole(7, 3650), "90", "how long delivery reports and answers to writes are kept"
    )
    keep_texts_days: int = setting(
        kinds.whole(7, 3650), "30", "how long callbacks with what people wrote are kept"
    )
    keep_decisions_days: int = setting(
        kinds.whole(365, 36_500), "2192", "how long it is kept what senders were told: 6 years"
    )
    block_list_pull_seconds: float = setting(
        kinds.seconds(60, 604_800),
        "3600",
        "how often opt-outs are fetched that were made at a gateway",
    )
    block_list_unblock: str = setting(
        kinds.choice("no", "yes"),
        "no",
        "yes: who has opted in again is taken off the gateways' block lists",
    )
    gateways: Mapping[str, Secret] = dataclasses.field(default_factory=dict)
    gateway_regions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    gateway_addresses: Mapping[str, Networks] = dataclasses.field(default_factory=dict)
    block_lists: Mapping[str, Secret] = dataclasses.field(default_factory=dict)
    sources: Mapping[str, str] = dataclasses.field(
        default_factory=dict, repr=False, compare=False
    )
    warnings: tuple[str, ...] = dataclasses.field(default=(), compare=False)

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] | None = None) -> Self:
        """Read CONNECTOR_*; raises ConfigurationError with a line for each thing to change."""
        environment = Environment(variables)
        values = {
            field: environment.take(declaration)
            for field, declaration in declarations(cls).items()
        }
        regions = environment.take_gateway_options(REGION)
        addresses = environment.take_gateway_options(ADDRESSES)
        gateways = environment.take_gateway_secrets()
        block_lists = environment.take_block_lists()
        environment.refuse_unknown()
        settings = cls(
            **values,
            gateways=gateways,
            gateway_regions=regions,
            gateway_addresses=addresses,
            block_lists=block_lists,
            sources=environment.sources,
            warnings=tuple(environment.warnings),
        )
        if problems := [*environment.problems, *settings._contradictions()]:
            raise ConfigurationError("\n".join(problems))
        return settings

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """The same with the org and the login of a file, as `connector org login` writes it."""
        return cls.from_environment(with_file(path, instead_of=f"{PREFIX}SALESFORCE_"))

    @property
    def store_url(self) -> str:
        """Where the store is, as it wants to be told: a server, or a folder of our own."""
        return self.database_url.value or f"sqlite:///{self.data_folder.absolute()}"

    @property
    def secrets(self) -> list[str]:
        """Every secret value that is set, for the log to mask."""
        values = [getattr(self, field) for field in declarations(type(self))]
        values += [
            *self.gateways.values(),
            *filter(Secret.is_hidden, self.block_lists.values()),
        ]
        password = urlsplit(self.database_url.value).password or ""
        found = [each.value for each in values if isinstance(each, Secret)]
        return [text for text in (*found, password, unquote(password)) if text]

    def require(self, *fields: str) -> None:
        """Raise ConfigurationError with a line for each of these settings that is not set."""
        declared = declarations(type(self))
        missing = [declared[field] for field in fields if not getattr(self, field)]
        if missing:
            raise ConfigurationError(
                "\n".join(f"set {each.name}: {each.help}" for each in missing)
            )

    def require_salesforce(self) -> None:
        """Raise ConfigurationError unless one of the two ways to log in is complete."""
        if self.salesforce_client_secret:
            self.require("salesforce_login_url", "salesforce_client_id")
        else:
            self.require(
                "salesforce_login_url",
                "salesforce_client_id",
                "salesforce_username",
                "salesforce_private_key",
            )

    def shown(self) -> list[ShownSetting]:
        """Every setting with its masked value and where it comes from."""
        values = {
            each.name: getattr(self, field) for field, each in declarations(Settings).items()
        }
        for found in (self.gateways, self.gateway_regions, self.gateway_addresses):
            values |= {GATEWAY_PREFIX + rest: value for rest, value in found.items()}
        values |= {BLOCK_LIST_PREFIX + rest: value for rest, value in self.block_lists.items()}
        return [
            ShownSetting(
                name=name,
                value="" if value is None else str(value),
                source=self.sources.get(name, "default"),
            )
            for name, value in values.items()
        ]

    def _contradictions(self) -> Iterable[str]:
        if self.salesforce_private_key and self.salesforce_client_secret:
            yield (
                "CONNECTOR_SALESFORCE_PRIVATE_KEY and CONNECTOR_SALESFORCE_CLIENT_SECRET "
                "are two ways to log in: keep one"
            )
        if self.worker_processes > 1 and not self.database_url:
            yield (
                "CONNECTOR_WORKER_PROCESSES: the embedded database has one worker; "
                "more need CONNECTOR_DATABASE_URL"
            )
        if self.listen.is_loopback and not self.trusted_proxies:
            yield from (
                f"{GATEWAY_PREFIX}{rest}: at {self.listen} every callback comes from the proxy"
                " on this machine: set CONNECTOR_TRUSTED_PROXIES to its address"
                for rest, networks in self.gateway_addresses.items()
                if not any(each.is_loopback for each in networks.ranges)
            )


def declared() -> list[Declaration]:
    """Every setting, in the order in which the documentation lists them."""
    return list(declarations(Settings).values())
