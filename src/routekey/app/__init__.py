"""The assembly: a configuration and a project in, a running gateway out."""

from routekey.app.gateway import Gateway
from routekey.app.parts import compile_directory

__all__ = ["Gateway", "compile_directory"]
