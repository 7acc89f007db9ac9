"""IP networks: written as a list, asked whether an address is in one of them."""

import dataclasses
import ipaddress


IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclasses.dataclass(frozen=True, slots=True)
class Networks:
    """Some IP networks; none of them is no address at all."""

    ranges: tuple[IPNetwork, ...] = ()

    @classmethod
    def read(cls, text: str) -> "Networks":
        """From a list with commas; raises ValueError, also for an address beside its mask."""
        parts = [part.strip() for part in text.split(",")] if text else []
        return cls(tuple(map(ipaddress.ip_network, parts)))

    def __contains__(self, address: IPAddress) -> bool:
        return any(address in each for each in self.ranges)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __str__(self) -> str:
        return ", ".join(map(str, self.ranges))
