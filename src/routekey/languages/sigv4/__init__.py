"""Signature Version 4: canonical requests, and whether a signature is right."""

from routekey.languages.sigv4.request import Secret, SignedRequest
from routekey.languages.sigv4.signing_key import derive_signing_key
from routekey.languages.sigv4.verification import read_access_key_id, verify

__all__ = ["Secret", "SignedRequest", "derive_signing_key", "read_access_key_id", "verify"]
