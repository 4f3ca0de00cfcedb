"""The key that signs: made of a secret, for one day, region and service and for nothing else."""

import hmac
from functools import lru_cache
from typing import Final

TERMINATOR: Final = "aws4_request"


# One entry for each client, day and region. Only keys that we know are derived, and only for a date
# within a week, so nobody can fill it; 1024 clients at once keep their place.
@lru_cache(maxsize=1024)
def derive_signing_key(secret_access_key: str, date: str, region: str, service: str) -> bytes:
    """Derive the key of a day (`yyyymmdd`), region and service. Source: SEC-SIG-01."""
    key = f"AWS4{secret_access_key}".encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
