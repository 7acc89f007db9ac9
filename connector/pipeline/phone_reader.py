"""Numbers as Salesforce and the gateways write them, to E.164."""

from collections.abc import Mapping

from connector.phones import to_e164
from connector.settings import account_key


class PhoneReader:
    """
    Reads numbers; one without a country code belongs to a region.

    That of the account whose callback it stands in, else the one where nothing else is said.
    """

    def __init__(
        self, region: str = "", regions: Mapping[tuple[str, str], str] | None = None
    ) -> None:
        self._region = region
        self._regions = regions or {}

    def __call__(self, text: str, gateway: str = "", account: str = "") -> str:
        """The number in E.164, or nothing for what is no number."""
        if not (gateway and self._regions):
            return to_e164(text, self._region)
        place = (gateway, account_key(account) if account else "")
        return to_e164(text, self._regions.get(place, self._region))
