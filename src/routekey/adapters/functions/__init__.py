"""Lambda: function processes, their pools, and what is said to and by them."""

from routekey.adapters.functions.log import LogLine, LogSink, LogSource
from routekey.adapters.functions.pools import FunctionPools
from routekey.adapters.functions.program import FrontDoor

__all__ = ["FrontDoor", "FunctionPools", "LogLine", "LogSink", "LogSource"]
