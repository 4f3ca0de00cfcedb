"""Which API and stage answers at an address.

A `Directory` is one frozen value for the whole gateway: a reload makes a new one and swaps it in.
Open connections ask it at each message, and so follow their stage's current deployment (DP-RTE-17).

    {apiId}.execute-api.{region}.amazonaws.com     AWS's own form, as functions use it
    {apiId}.localhost                              several APIs on a laptop
    any other host                                 the API, where exactly one is loaded
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from routekey.ids import ApiId, StageName
from routekey.resources.snapshot import Snapshot

_CALLBACK = "@connections"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What a request's host and path stand for."""

    snapshot: Snapshot
    rest: str
    """The path behind the stage, raw, without its leading slash: empty for a handshake."""
    unknown_api_id: str | None = None
    """An execute-api id that nobody has, where the only API answered in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Every API that is served, by id, with its stages by name."""

    snapshots: Mapping[ApiId, Mapping[StageName, Snapshot]] = field(default_factory=dict)

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
        api_id, unknown_api_id = self._find_api(host)
        if api_id is None:
            return None
        stages = self.snapshots[api_id]
        head, _, rest = path.removeprefix("/").partition("/")
        name = StageName(unquote(head))
        if name in stages:
            return Address(snapshot=stages[name], rest=rest, unknown_api_id=unknown_api_id)
        default = stages.get(StageName("$default"))
        if default is not None and (not head or name == _CALLBACK):
            return Address(
                snapshot=default, rest=path.removeprefix("/"), unknown_api_id=unknown_api_id
            )
        return None

    def _find_api(self, host: str) -> tuple[ApiId | None, str | None]:
        """Find the API of a host, and the id that was asked for where another answers."""
        name = _host_name(host)
        only = next(iter(self.snapshots)) if len(self.snapshots) == 1 else None
        label, _, domain = name.partition(".")
        if domain == "localhost" or _is_execute_api(domain):
            if label in self.snapshots:
                return ApiId(label), None
            return only, label
        return only, None


def _is_execute_api(domain: str) -> bool:
    return domain.startswith("execute-api.") and ".amazonaws.com" in domain


def _host_name(host: str) -> str:
    """Take the port off a Host header, and fold its case."""
    if host.startswith("["):  # an IPv6 literal
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].rstrip(".").lower()
