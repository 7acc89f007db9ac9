"""What every process builds from the settings: the store, mappings, secrets, numbers."""

from collections.abc import Iterable, Mapping

from connector import gateways, mapping, phones
from connector.domain.errors import ConfigurationError
from connector.pipeline.counting import Counting
from connector.pipeline.phone_reader import PhoneReader
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


def open_store(settings: Settings, *, upgrade: bool = True) -> Store:
    """The store of these settings; without `upgrade` one of another version is refused."""
    return Store.open(
        settings.store_url, upgrade=upgrade, privacy_key=settings.privacy_key.value
    )


def read_mappings(settings: Settings) -> Mapping[str, mapping.Mapping]:
    """The mappings in use, by object; a file with a mistake stops the start."""
    found = mapping.load_all(settings.mappings or mapping.packaged())
    if problems := [line for each in found.values() for line in unknown_gateways(each)]:
        raise ConfigurationError("\n".join(problems))
    return found


def build_counting(settings: Settings, mappings: Mapping[str, mapping.Mapping]) -> Counting:
    """How messages are counted for campaigns."""
    return Counting(mappings, settings.campaign_time_zone, memberships=by_membership(settings))


def by_membership(settings: Settings) -> bool:
    """Whether Salesforce is asked which campaigns people are in."""
    return settings.campaign_by_membership == "yes"


def unknown_gateways(of: mapping.Mapping) -> Iterable[str]:
    """A line for each gateway that a mapping names and nobody knows."""
    for name in of.message.gateways if of.message else ():
        try:
            gateways.find(name)
        except ConfigurationError as error:
            yield f"{of.path}:{of.line}: 'gateways:': {error}"


def read_secrets(settings: Settings) -> Mapping[tuple[str, str], GatewaySecrets]:
    """
    The secrets by gateway and account.

    A variable that belongs nowhere stops the start, and so does a secret that cannot be right
    or an option of an account that has no secret: it would protect nothing.
    """
    known = {name: gateway.secrets for name, gateway in gateways.installed().items()}
    secrets = gateway_secrets(settings.gateways, known)
    options = {"addresses": read_addresses(settings), "region": read_regions(settings)}
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
    regions = read_regions(settings)
    named = {secret_name(*place, "region"): region for place, region in regions.items()}
    named["CONNECTOR_DEFAULT_REGION"] = settings.default_region
    problems = [
        f"{name}: no country has the code {region} (ISO 3166, such as GB or US)"
        for name, region in named.items()
        if region and not phones.is_region(region)
    ]
    if problems:
        raise ConfigurationError("\n".join(problems))
    return PhoneReader(settings.default_region, regions, settings.brands)


def read_regions(settings: Settings) -> Mapping[tuple[str, str], str]:
    """Where numbers without a country code belong, by gateway and account."""
    return gateway_option(REGION, settings.gateway_regions, gateways.installed())


def _secret_faults(secrets: Mapping[tuple[str, str], GatewaySecrets]) -> Iterable[str]:
    installed = gateways.installed()
    for (name, account), keys in secrets.items():
        for key, values in keys.items():
            faults = {installed[name].secret_fault(key, value): None for value in values}
            yield from (f"{secret_name(name, account, key)} {each}" for each in faults if each)
