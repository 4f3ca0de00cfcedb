"""Terraform and OpenTofu: configurations read directly, and plans and states as JSON."""

from routekey.projects.terraform.loading import is_configuration, load_configuration
from routekey.projects.terraform.plan import is_plan, load_plan

__all__ = ["is_configuration", "is_plan", "load_configuration", "load_plan"]
