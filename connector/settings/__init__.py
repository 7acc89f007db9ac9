"""What the operator sets: read once from CONNECTOR_* into one frozen value."""

from connector.settings.brands import Brands
from connector.settings.declaration import ADDRESSES, REGION
from connector.settings.environment import (
    Supervision,
    share_metrics_in,
    shared_metrics_folder,
    supervise_forks,
    supervised,
    take_supervision,
)
from connector.settings.gateways import (
    GatewaySecrets,
    account_key,
    block_list_name,
    block_list_values,
    gateway_option,
    gateway_secrets,
    message_api_name,
    message_api_values,
    secret_name,
)
from connector.settings.kinds import Address
from connector.settings.networks import IPAddress, Networks
from connector.settings.secret import Secret
from connector.settings.settings import Settings, ShownSetting, declared


__all__ = [
    "ADDRESSES",
    "REGION",
    "Address",
    "Brands",
    "GatewaySecrets",
    "IPAddress",
    "Networks",
    "Secret",
    "Settings",
    "ShownSetting",
    "Supervision",
    "account_key",
    "block_list_name",
    "block_list_values",
    "declared",
    "gateway_option",
    "gateway_secrets",
    "message_api_name",
    "message_api_values",
    "secret_name",
    "share_metrics_in",
    "shared_metrics_folder",
    "supervise_forks",
    "supervised",
    "take_supervision",
]
