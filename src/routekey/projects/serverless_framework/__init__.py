"""`serverless.yml`, read into the CloudFormation resources that the framework makes of it."""

from routekey.projects.serverless_framework.service import is_service, load_service

__all__ = ["is_service", "load_service"]
