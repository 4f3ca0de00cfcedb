"""Signature Version 4: canonical requests, and whether a signature is right."""
