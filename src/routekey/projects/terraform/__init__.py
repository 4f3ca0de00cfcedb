"""Terraform and OpenTofu configurations, read as they are written: no plugin, no network."""

from routekey.projects.terraform.loading import is_configuration, load_configuration

__all__ = ["is_configuration", "load_configuration"]
