"""Settings in, everything built out."""

from collections.abc import Iterable, Mapping

from requests.adapters import BaseAdapter

from connector import gateways, mapping, phones
from connector.clock import Clock, system_clock
from connector.domain.errors import ConfigurationError
from connector.pipeline.directory import DirectorySync
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.push import Pusher
from connector.pipeline.steps import Steps
from connector.salesforce.access import OrgAccess
from connector.salesforce.budget import Budget
from connector.salesforce.connect import connect
from connector.salesforce.org import Org
from connector.settings import (
    ADDRESSES,
    REGION,
    GatewaySecrets,
    Networks,
    Settings,
    gateway_option,
    gateway_secrets,
    secret_name,
)
from connector.store import Store
from connector.store.holders import own_name


def open_store(settings: Settings, *, upgrade: bool = True) -> Store:
    """The store of these settings; without `upgrade` one of another version is refused."""
    return Store.open(settings.store_url, upgrade=upgrade)


def open_org(
    settings: Settings, *, clock: Clock = system_clock, adapter: BaseAdapter | None = None
) -> Org:
    """The org of these settings; nothing is sent yet."""
    settings.require("salesforce_login_url", "salesforce_client_id")
    access = OrgAccess(
        login_url=settings.salesforce_login_url,
        client_id=settings.salesforce_client_id,
        username=settings.salesforce_username,
        private_key=settings.salesforce_private_key.value,
        client_secret=settings.salesforce_client_secret.value,
        audience=settings.salesforce_audience,
        api_version=settings.salesforce_api_version,
        ca_file=str(settings.salesforce_ca_file or ""),
        connect_timeout_seconds=settings.salesforce_connect_timeout_seconds,
        read_timeout_seconds=settings.salesforce_read_timeout_seconds,
    )
    return connect(access, clock=clock, adapter=adapter)


def read_mappings(settings: Settings) -> Mapping[str, mapping.Mapping]:
    """The mappings in use, by object; a file with a mistake stops the start."""
    return mapping.load_all(settings.mappings or mapping.packaged())


def read_secrets(settings: Settings) -> Mapping[tuple[str, str], GatewaySecrets]:
    """
    The secrets by gateway and account.

    A variable that belongs nowhere stops the start, and so does a secret that cannot be right
    or an option of an account that has no secret: it would protect nothing.
    """
    known = {name: gateway.secrets for name, gateway in gateways.installed().items()}
    secrets = gateway_secrets(settings.gateways, known)
    options = {"addresses": read_addresses(settings), "region": _regions(settings)}
    problems = [
        f"{secret_name(*place, option)} is set, but this account has no secret"
        for option, places in options.items()
        for place in places
        if place not in secrets
    ]
    if problems := [*_secret_faults(secrets), *problems]:
        raise ConfigurationError("\n".join(problems))
    return secrets


def read_addresses(settings: Settings) -> Mapping[tuple[str, str], Networks]:
    """Who may call, by gateway and account; nobody is kept out of those that are not in it."""
    return gateway_option(ADDRESSES, settings.gateway_addresses, gateways.installed())


def phone_reader(settings: Settings) -> PhoneReader:
    """From whatever stands in a field or a callback to E.164; a wrong region is told."""
    regions = _regions(settings)
    named = {secret_name(*place, "region"): region for place, region in regions.items()}
    named["CONNECTOR_DEFAULT_REGION"] = settings.default_region
    problems = [
        f"{name}: no country has the code {region} (ISO 3166, such as GB or US)"
        for name, region in named.items()
        if region and not phones.is_region(region)
    ]
    if problems:
        raise ConfigurationError("\n".join(problems))
    return PhoneReader(settings.default_region, regions)


def _regions(settings: Settings) -> Mapping[tuple[str, str], str]:
    return gateway_option(REGION, settings.gateway_regions, gateways.installed())


def _secret_faults(secrets: Mapping[tuple[str, str], GatewaySecrets]) -> Iterable[str]:
    installed = gateways.installed()
    for (name, account), keys in secrets.items():
        for key, values in keys.items():
            faults = {installed[name].secret_fault(key, value): None for value in values}
            yield from (f"{secret_name(name, account, key)} {each}" for each in faults if each)


def build_steps(
    settings: Settings, store: Store, org: Org, *, clock: Clock = system_clock
) -> Steps:
    """Every step of the pipeline, ready to be called by a worker, a command or a test."""
    mappings, read_phone, holder = (
        read_mappings(settings),
        phone_reader(settings),
        own_name(),
    )
    budget = Budget(
        clock=clock,
        share=settings.salesforce_api_share / 100,
        reserve=settings.salesforce_api_reserve,
    )
    return Steps(
        store=store,
        gateways=gateways.installed(),
        mappings=mappings,
        read_phone=read_phone,
        clock=clock,
        pusher=Pusher(
            store,
            org,
            budget,
            clock,
            holder=holder,
            batch_size=settings.salesforce_batch_size,
        ),
        directory=DirectorySync(store, org, budget, clock, mappings, read_phone, holder=holder),
    )
