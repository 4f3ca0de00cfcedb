"""What people already have, read into resources."""

from routekey.projects.loading import load
from routekey.projects.options import LoadOptions

__all__ = ["LoadOptions", "load"]
