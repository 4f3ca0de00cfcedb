"""`serverless.yml`, read into the CloudFormation resources that the framework makes of it."""

from routekey.projects.serverless_framework.service import load_service

__all__ = ["load_service"]
