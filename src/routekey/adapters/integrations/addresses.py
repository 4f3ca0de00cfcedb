"""Which addresses an HTTP integration may reach.

The URL of an integration is the operator's, but parts of it can come from a client's message
(DP-INT-51), and a name can resolve to anything. Where the switch is off, nothing but public
addresses is reached: a gateway must not become the way into the network behind it, least of all to
the metadata service of a cloud (169.254.169.254).
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

_NAT64: Final = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""All that IANA has given to the internet. `ipaddress` takes for global whatever is not listed as
private: site-local addresses, the translations of a local NAT64 (RFC 8215), `::10.0.0.1`."""


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address; None where the text is a name. A zone (`fe80::1%eth0`) is left out."""
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def is_public(address: str) -> bool:
    """Tell whether an address is one of the public internet.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, Teredo, NAT64) is judged by it.
    """
    parsed = parse_address(address)
    if parsed is None:
        return False
    if isinstance(parsed, IPv6Address):
        if (inner := _carried(parsed)) is not None:
            return is_public(str(inner))
        if parsed not in _GLOBAL_UNICAST:
            return False
    return parsed.is_global and not parsed.is_multicast


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
