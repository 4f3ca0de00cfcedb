"""What people already have, read into resources."""

from routekey.projects.loading import load
from routekey.projects.options import SEED_BYTES, LoadOptions

__all__ = ["SEED_BYTES", "LoadOptions", "load"]
