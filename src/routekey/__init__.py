"""Routekey: a self-hosted Amazon API Gateway for WebSocket APIs."""

__version__ = "0.1.0"
__all__ = ["__version__"]
