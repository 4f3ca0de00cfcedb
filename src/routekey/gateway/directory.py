"""Which API and stage answers at an address.

A `Directory` is one frozen value for the whole gateway: a reload makes a new one and swaps it in.
Open connections ask it at each message, and so follow their stage's current deployment (DP-RTE-17).

    {apiId}.execute-api.{region}.amazonaws.com     AWS's own form, as functions use it
    {apiId}.localhost                              the same on a laptop
    a custom domain name                           the stage that its API mapping names
    any other host                                 the API, where exactly one is loaded
    any other host, and a path /{apiId}/{stage}    one of several: few resolvers know names
                                                   below localhost

On a custom domain the path holds a mapping key, or nothing, and never the stage (DP-URL-05).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

import msgspec

from routekey.ids import ApiId, StageName
from routekey.resources.domain import DomainName
from routekey.resources.key_ring import KeyRing, compile_key_ring
from routekey.resources.snapshot import Snapshot
from routekey.resources.usage import ApiKey, UsagePlan

Snapshots = Mapping[ApiId, Mapping[StageName, Snapshot]]

_CALLBACK = "@connections"
_RESERVED: Final = frozenset({"ping", "sping"})
"""Paths of custom domains that AWS keeps for its health checks (DP-URL-07)."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """What a request's host and path stand for."""

    snapshot: Snapshot
    rest: str
    """The path behind the stage, raw, without its leading slash: empty for a handshake."""
    unknown_api_id: str | None = None
    """An execute-api id that nobody has, where the only API answered in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Every API that is served, by id, with its stages by name."""

    snapshots: Snapshots = field(default_factory=dict)
    keys: KeyRing = field(default_factory=KeyRing)
    """API keys, and what they open."""
    domains: Mapping[str, Mapping[str, Snapshot]] = field(default_factory=dict)
    """Mapping key to stage, by custom domain name in lower case; `*.example.com` is one too.

    These snapshots have the custom domain for their name, so that the events have it (DP-EVT-11).
    """
    is_strict: bool = False
    """Whether an API whose execute-api endpoint is switched off has its custom domains alone. In
    production it has: any client can write `localhost` into its Host header."""

    def find_snapshot(self, api_id: ApiId, stage: StageName) -> Snapshot | None:
        """Find what a stage serves now; None where it no longer exists."""
        stages = self.snapshots.get(api_id)
        return None if stages is None else stages.get(stage)

    def resolve(self, host: str, path: str) -> Address | None:
        """Find the API and stage of a request; None where there is none (403, DP-HSK-13).

        Args:
            host: the Host header, with or without a port.
            path: the raw path, without the query.
        """
        name = _host_name(host)
        mappings = self._find_mappings(name) if self.domains else None
        if mappings is not None:
            return _resolve_mapping(mappings, name, path)
        api_id, unknown_api_id = self._find_api(name)
        if unknown_api_id is None and not _is_default_host(name):
            api_id, path = self._take_api_id(api_id, path)
        if api_id is None:
            return None
        stages = self.snapshots[api_id]
        head, _, rest = path.removeprefix("/").partition("/")
        stage = StageName(unquote(head))
        found = stages.get(stage)
        if found is None and (not head or stage == _CALLBACK):
            found, rest = stages.get(StageName("$default")), path.removeprefix("/")
        if found is None or (
            found.api.disable_execute_api_endpoint and (self.is_strict or _is_default_host(name))
        ):
            return None
        # SDKs join an endpoint that ends in a slash and a path to `/dev//@connections/…`.
        return Address(snapshot=found, rest=rest.lstrip("/"), unknown_api_id=unknown_api_id)

    def has_domain(self, host: str) -> bool:
        """Tell whether a Host header names a custom domain of an API."""
        return self._find_mappings(_host_name(host)) is not None

    def _find_mappings(self, name: str) -> Mapping[str, Snapshot] | None:
        """Find a custom domain; its own name comes before a wildcard. Source: CP-DOM-07."""
        found = self.domains.get(name)
        return self.domains.get(f"*.{name.partition('.')[2]}") if found is None else found

    def _find_api(self, name: str) -> tuple[ApiId | None, str | None]:
        """Find the API of a host, and the id that was asked for where another answers."""
        only = next(iter(self.snapshots)) if len(self.snapshots) == 1 else None
        label, _, domain = name.partition(".")
        if domain == "localhost" or _is_execute_api(domain):
            if label in self.snapshots:
                return ApiId(label), None
            return only, label
        return only, None

    def _take_api_id(self, api_id: ApiId | None, path: str) -> tuple[ApiId | None, str]:
        """Take an API's id off a path; as they are where the path begins with a stage."""
        head, _, rest = path.removeprefix("/").partition("/")
        stages = self.snapshots.get(ApiId(head))
        is_id = stages is not None and (api_id is None or (api_id == head and head not in stages))
        return (ApiId(head), rest) if is_id else (api_id, path)


def make_directory(
    snapshots: Snapshots,
    *,
    api_keys: Iterable[ApiKey] = (),
    usage_plans: Iterable[UsagePlan] = (),
    domain_names: Iterable[DomainName] = (),
) -> Directory:
    """Put together what is served.

    Args:
        snapshots: the deployed stages by API.
        api_keys: the keys of the account.
        usage_plans: what they open.
        domain_names: custom domains; a mapping to what is not deployed answers 403.
    """
    domains: dict[str, dict[str, Snapshot]] = {}
    for domain in domain_names:
        name = domain.domain_name.lower()
        mapped = domains.setdefault(name, {})
        for mapping in domain.mappings:
            snapshot = snapshots.get(mapping.api_id, {}).get(mapping.stage)
            if snapshot is not None:
                mapped[mapping.api_mapping_key] = replace(snapshot, domain_name=name)
    keys = compile_key_ring(api_keys, usage_plans)
    return Directory(snapshots=snapshots, keys=keys, domains=domains)


def _resolve_mapping(mappings: Mapping[str, Snapshot], name: str, path: str) -> Address | None:
    """Find the stage under a custom domain, by the first segment. Source: DP-URL-05, DP-MGM-03."""
    whole = path.removeprefix("/")
    head, _, rest = whole.partition("/")
    key = unquote(head)
    if key in _RESERVED:
        return None
    found = mappings.get(key) if key else None
    if found is None:
        found, rest = mappings.get(""), whole
    if found is None:
        return None
    # Under a wildcard each name is its own: events tell which one the client used (DP-EVT-11).
    snapshot = found if found.domain_name == name else replace(found, domain_name=name)
    return Address(snapshot=snapshot, rest=rest.lstrip("/"))


def _is_default_host(name: str) -> bool:
    """Tell whether a name is AWS's own for an API, which it can switch off (DP-URL-10).

    An address or `{apiId}.localhost` is not: AWS has none of them, and a developer needs one; see
    `Directory.is_strict`.
    """
    return _is_execute_api(name.partition(".")[2])


def _is_execute_api(domain: str) -> bool:
    return domain.startswith("execute-api.") and ".amazonaws.com" in domain


@lru_cache(maxsize=256)  # clients name few hosts; what others make up is short, and goes
def _host_name(host: str) -> str:
    """Take the port off a Host header, and fold its case."""
    if host.startswith("["):  # an IPv6 literal
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].rstrip(".").lower()
