"""Signature Version 4: canonical requests, and whether a signature is right."""

from routekey.languages.sigv4.request import Secret, SignedRequest
from routekey.languages.sigv4.signing_key import derive_signing_key
from routekey.languages.sigv4.verification import Signature, read_signature, verify

__all__ = [
    "Secret",
    "Signature",
    "SignedRequest",
    "derive_signing_key",
    "read_signature",
    "verify",
]
