"""Lambda: function processes, their pools, and what is said to and by them."""

from routekey.adapters.functions.destinations import Destinations
from routekey.adapters.functions.event_sources import EventSources
from routekey.adapters.functions.log import LogLine, LogSink, LogSource
from routekey.adapters.functions.memory_groups import find_delegated
from routekey.adapters.functions.pools import FunctionPools, FunctionSettings
from routekey.adapters.functions.program import FrontDoor
from routekey.adapters.functions.remote import make_remotes
from routekey.adapters.functions.s3_objects import S3Objects
from routekey.adapters.functions.sandbox import ProcessKeys

__all__ = [
    "Destinations",
    "EventSources",
    "FrontDoor",
    "FunctionPools",
    "FunctionSettings",
    "LogLine",
    "LogSink",
    "LogSource",
    "ProcessKeys",
    "S3Objects",
    "find_delegated",
    "make_remotes",
]
