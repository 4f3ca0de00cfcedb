"""Whom we speak to: each module implements a port of the heart."""
