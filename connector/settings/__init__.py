"""What the operator sets: read once from CONNECTOR_* into one frozen value."""

from connector.settings.gateways import (
    GatewaySecrets,
    account_key,
    gateway_secrets,
    secret_name,
)
from connector.settings.kinds import Address
from connector.settings.secret import Secret
from connector.settings.settings import Settings, ShownSetting, declared


__all__ = [
    "Address",
    "GatewaySecrets",
    "Secret",
    "Settings",
    "ShownSetting",
    "account_key",
    "declared",
    "gateway_secrets",
    "secret_name",
]
