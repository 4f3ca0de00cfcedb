"""IAM policy documents: parsed once, evaluated often."""

from routekey.languages.iam.evaluation import AccessRequest, Decision, evaluate
from routekey.languages.iam.grammar import check_identity_policy, check_trust_policy
from routekey.languages.iam.managed import managed_document, managed_documents, managed_policy
from routekey.languages.iam.parsing import parse_policy, parse_resource_policy
from routekey.languages.iam.patterns import Context, matches_arn
from routekey.languages.iam.policy import Policy, RequestPrincipal

__all__ = [
    "AccessRequest",
    "Context",
    "Decision",
    "Policy",
    "RequestPrincipal",
    "check_identity_policy",
    "check_trust_policy",
    "evaluate",
    "managed_document",
    "managed_documents",
    "managed_policy",
    "matches_arn",
    "parse_policy",
    "parse_resource_policy",
]
