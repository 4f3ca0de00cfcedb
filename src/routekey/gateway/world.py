"""All that the stories may ask: the ports in one bundle, and the directory of what is served."""

from dataclasses import dataclass

from routekey.choices import Choices
from routekey.clock import Clock
from routekey.gateway.directory import Directory
from routekey.gateway.journal import Journals
from routekey.gateway.ports import Connections, Credentials, Integrations, Telemetry
from routekey.gateway.throttles import Throttles
from routekey.ids import Ids
from routekey.quotas import Limits
from routekey.resources.identity import Principal


@dataclass(slots=True, kw_only=True)
class World:
    """What a story sees of everything outside it."""

    clock: Clock
    ids: Ids
    integrations: Integrations
    connections: Connections
    credentials: Credentials
    stranger: Principal | None
    """Whom an unknown access key from this machine stands for; None refuses it (`serve`)."""
    throttles: Throttles
    telemetry: Telemetry
    journals: Journals
    limits: Limits
    choices: Choices
    """As every snapshot has them too."""
    directory: Directory
    """What is served now. A reload replaces it whole; nobody keeps it across an await."""
