"""Who calls, as far as the network can tell, and whether they may."""

import ipaddress
import re
from collections.abc import Mapping

from connector.settings import IPAddress, Networks
from connector.web.reading import Scope


#: An address as proxies write it: alone, or with the port that some add.
_HOP = re.compile(r"\[(?P<six>[^\]]+)\](?::\d+)?|(?P<four>[\d.]+)(?::\d+)?|(?P<bare>.+)")


class Callers:
    """
    The networks that may call for each account of a gateway; an account without any is open.

    Behind proxies of our own the caller is who the outermost of them saw. Each adds the
    address of its peer at the right of X-Forwarded-For (MDN, "X-Forwarded-For", selecting an
    IP address); whatever stands further left anyone may have written.
    """

    def __init__(
        self,
        networks: Mapping[tuple[str, str], Networks] | None = None,
        proxies: Networks = Networks(),  # noqa: B008 (a value that never changes)
    ) -> None:
        self._networks = networks or {}
        self._proxies = proxies

    def stranger(
        self, place: tuple[str, str], scope: Scope, headers: Mapping[str, str]
    ) -> str | None:
        """The address of a caller who may not call, in words; None for one who may."""
        networks = self._networks.get(place)
        if not networks:
            return None
        caller = client(scope, headers, self._proxies)
        if caller is None:
            return "unknown"
        return None if caller in networks else str(caller)


def client(scope: Scope, headers: Mapping[str, str], proxies: Networks) -> IPAddress | None:
    """
    The nearest address that is none of our proxies; None where nobody can tell.

    A peer without an address, on a socket of this machine, is not believed.
    """
    peer = scope.get("client")
    caller = address(peer[0]) if peer else None
    hops = headers.get("x-forwarded-for", "").split(",")
    while caller is not None and caller in proxies and any(hops):
        caller = address(hops.pop().strip())
    return caller


def address(text: str) -> IPAddress | None:
    """An address with or without a port; an IPv4 one in IPv6 form is the IPv4 one."""
    found = _HOP.fullmatch(text)
    try:
        read = ipaddress.ip_address(found[found.lastgroup or 0] if found else "")
    except ValueError:
        return None
    return getattr(read, "ipv4_mapped", None) or read
