"""Numbers as Salesforce and the gateways write them, to E.164; and whose number it is."""

from collections.abc import Mapping

from connector.phones import to_e164
from connector.settings import Brands, account_key


class PhoneReader:
    """
    Reads numbers; one without a country code belongs to a region.

    That of the account whose callback it stands in, else the one where nothing else is said.
    """

    def __init__(
        self,
        region: str = "",
        regions: Mapping[tuple[str, str], str] | None = None,
        brands: Brands | None = None,
    ) -> None:
        self._region = region
        self._regions = regions or {}
        self.brands = brands or Brands()
        self._brand_of = {
            self._sender(sender): brand
            for brand, senders in self.brands.senders.items()
            for sender in senders
        }

    def __call__(self, text: str, gateway: str = "", account: str = "") -> str:
        """The number in E.164, or nothing for what is no number."""
        if not (gateway and self._regions):
            return to_e164(text, self._region)
        place = (gateway, account_key(account) if account else "")
        return to_e164(text, self._regions.get(place, self._region))

    def brand(self, sender: str, gateway: str = "", account: str = "") -> str:
        """The brand that this number or name of ours belongs to; nothing for no brand's."""
        if not self._brand_of:
            return ""
        return self._brand_of.get(self._sender(sender, gateway, account), "")

    def _sender(self, text: str, gateway: str = "", account: str = "") -> str:
        # Names and short codes are no numbers.
        return (self(text, gateway, account) or text.strip().casefold()).removeprefix("+")
