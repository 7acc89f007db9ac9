"""Every setting, declared once: name, kind, default, help."""

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from connector.domain.errors import ConfigurationError
from connector.settings import kinds
from connector.settings.alerts import AlertSettings
from connector.settings.declaration import (
    ADDRESSES,
    BLOCK_LIST_PREFIX,
    GATEWAY_PREFIX,
    MESSAGE_API_PREFIX,
    PREFIX,
    REGION,
    Declaration,
    declarations,
    setting,
)
from connector.settings.environment import Environment, with_file
from connector.settings.networks import Networks
from connector.settings.secret import Secret


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ShownSetting:
    """One line of `config show`; secrets are masked."""

    name: str
    value: str
    source: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings(AlertSettings):
    """What the operator set. A field `xyz` is the variable CONNECTOR_XYZ."""

    campaign_time_zone: tzinfo = setting(
        kinds.ZONE, "UTC", "where the days and hours of campaign figures begin"
    )
    campaign_by_membership: str = setting(
        kinds.choice("no", "yes"),
        "no",
        "yes: a message without a campaign belongs to the newest one that its person is in",
    )
    campaign_rows: str = setting(
        kinds.choice("hours", "days", "total", "none"),
        "hours",
        "the finest rows of SMS_Campaign_Stat__c; each takes 2 KB of the org's storage",
    )
    roll_up_seconds: float = setting(
        kinds.seconds(1, 86_400), "300", "how often campaign figures are rolled up"
    )
    soft_failure_hours: int = setting(
        kinds.whole(1, 720),
        "24",
        "a message without a final report for so long is a soft failure",
    )
    expiry_hours: int = setting(
        kinds.whole(1, 2160), "72", "a message without a word for so long is taken for expired"
    )
    reaction_window_days: int = setting(
        kinds.whole(1, 90),
        "7",
        "how long after a message a reply that names none may be meant for it",
    )
    keep_callbacks_days: int = setting(
        kinds.whole(7, 3650),
        "90",
        "how long delivery reports and answers to writes are kept; the state of messages stays",
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
    reconcile_after_hours: int = setting(
        kinds.whole(0, 72),
        "6",
        "a gateway is asked for the end of a message that is open for so long; 0: never",
    )
    gateways: Mapping[str, Secret] = dataclasses.field(default_factory=dict)
    gateway_regions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    gateway_addresses: Mapping[str, Networks] = dataclasses.field(default_factory=dict)
    block_lists: Mapping[str, Secret] = dataclasses.field(default_factory=dict)
    message_apis: Mapping[str, Secret] = dataclasses.field(default_factory=dict)
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
        block_lists = environment.take_accounts(BLOCK_LIST_PREFIX)
        message_apis = environment.take_accounts(MESSAGE_API_PREFIX)
        environment.refuse_unknown()
        settings = cls(
            **values,
            gateways=gateways,
            gateway_regions=regions,
            gateway_addresses=addresses,
            block_lists=block_lists,
            message_apis=message_apis,
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
            *filter(Secret.is_hidden, self.message_apis.values()),
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
        values |= {
            MESSAGE_API_PREFIX + rest: value for rest, value in self.message_apis.items()
        }
        return [
            ShownSetting(
                name=name,
                value="" if value is None else str(value),
                source=self.sources.get(name, "default"),
            )
            for name, value in values.items()
        ]

    def _contradictions(self) -> Iterable[str]:
        yield from self.alert_contradictions(self.sources)
        if everybody := [each for each in self.trusted_proxies.ranges if not each.prefixlen]:
            yield (
                f"CONNECTOR_TRUSTED_PROXIES: {everybody[0]} is everybody, who could then write"
                " any address: name your proxies"
            )
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
