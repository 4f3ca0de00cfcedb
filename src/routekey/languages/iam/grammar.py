"""What IAM refuses of a policy that it is given to keep, in its words and in its order.

`parsing` asks whether a policy can be evaluated, and says kindly where it cannot. Here is what IAM
asks besides, of the whole document: a policy that only this gateway takes would fail when it is
brought to AWS. Each text and the order of the questions were observed; the rest is documented.

Source: IAM User Guide, "Grammar of the IAM JSON policy language", "IAM JSON policy elements".
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, cast

import orjson

from routekey.errors import PolicyError
from routekey.languages.iam.conditions import is_operator
from routekey.languages.iam.operators import parse_date
from routekey.languages.iam.parsing import DOCUMENT_ELEMENTS, STATEMENT_ELEMENTS
from routekey.languages.iam.patterns import parse_pattern

Statement = Mapping[str, object]

_CURRENT: Final = "2012-10-17"
_VERSIONS: Final = ("2008-10-17", _CURRENT)
_SYNTAX: Final = "Syntax errors in policy."
_LEGACY: Final = "The policy failed legacy parsing"
_PARTITIONS: Final = (
    *("aws", "aws-cn", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"),
    "aws-us-gov",
)
_IAM_PATHS: Final = (
    *("user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/"),
    *("server-certificate/", "policy/", "sms-mfa/", "saml-provider/", "oidc-provider/"),
    *("report/", "access-report/"),
)
_IAM_MORE: Final = ("role-template/", "root")
"""What AWS's own policies name besides, and its text does not."""
_S3_REGIONAL: Final = ("accesspoint/", "access-grants/", "async-request/", "job/", "storage-lens")
"""What of S3 is in a region; buckets and objects have none in their ARN."""
_SID: Final = re.compile(r"[0-9A-Za-z]*")
_VENDOR: Final = re.compile(r"[A-Za-z0-9.-]*|\*")


def check_identity_policy(document: str, *, is_managed: bool = False) -> None:
    """Refuse what IAM refuses as a policy of users, roles and groups.

    Args:
        document: JSON text.
        is_managed: whether it is attached by ARN: such a policy has to name its version.

    Raises:
        PolicyError: IAM refuses it; the problem is in its words.
    """
    members, statements = _read(document)
    if is_managed and members.get("Version") != _CURRENT:
        raise PolicyError(f"Policy document must be version {_CURRENT} or greater.")
    _check_legacy(statements)
    fault = _check_resources(statements)
    _check_sids(statements)
    if any("Principal" in one or "NotPrincipal" in one for one in statements):
        raise PolicyError("Policy document should not specify a principal.")
    _check_presence(statements, "Action")
    if fault:
        raise PolicyError(fault)
    _check_actions(statements)
    _check_presence(statements, "Resource")


def check_trust_policy(document: str) -> None:
    """Refuse what IAM refuses as a role's trust policy, besides what it is about.

    Raises:
        PolicyError: IAM refuses it; the problem is in its words.
    """
    _, statements = _read(document)
    _check_legacy(statements)
    if any("Resource" in one or "NotResource" in one for one in statements):
        raise PolicyError("Has prohibited field Resource")
    if not all("Principal" in one or "NotPrincipal" in one for one in statements):
        raise PolicyError("Missing required field Principal")
    _check_presence(statements, "Action")
    _check_actions(statements)


def _read(document: str) -> tuple[Mapping[str, object], Sequence[Statement]]:
    """Read a document, whose elements are all known and of their kind."""
    try:
        members = orjson.loads(document)
    except orjson.JSONDecodeError:
        raise PolicyError(_SYNTAX) from None
    if not (
        isinstance(members, dict)
        and members.keys() <= DOCUMENT_ELEMENTS
        and members.get("Version", _CURRENT) in _VERSIONS
        and _is_scalar(members.get("Id", ""))
    ):
        raise PolicyError(_SYNTAX)
    statements = members.get("Statement", [])
    statements = statements if isinstance(statements, list) else [statements]
    if not statements:
        raise PolicyError(_SYNTAX, remedy="Its Statement is empty")
    if not all(_is_statement(statement) for statement in statements):
        raise PolicyError(_SYNTAX)
    return members, statements


def _is_statement(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() <= STATEMENT_ELEMENTS
        and str(value.get("Effect")).lower() in {"allow", "deny"}
        and _is_scalar(value.get("Sid", ""))
        and all(
            not {element, f"Not{element}"} <= value.keys()
            and all(map(_is_text, _list(value, element)))
            for element in ("Action", "Resource")
        )
        and _is_condition(value.get("Condition", {}))
    )


def _is_condition(value: object) -> bool:
    """Tell whether a condition block is one; an unknown operator may stand there without keys."""
    return isinstance(value, dict) and all(
        isinstance(keys, dict)
        and all(isinstance(values, list) or _is_scalar(values) for values in keys.values())
        and (not keys or is_operator(operator))
        for operator, keys in value.items()
    )


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float)


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _list(statement: Statement, element: str) -> Sequence[object]:
    """List the values of an element, or of its opposite."""
    value = statement.get(element, statement.get(f"Not{element}", []))
    return value if isinstance(value, list) else [value]


def _texts(statement: Statement, element: str) -> Iterator[str]:
    return (text for text in _list(statement, element) if isinstance(text, str))


def _check_legacy(statements: Sequence[Statement]) -> None:
    """Ask what IAM's older parser asks, which takes an effect as it is written."""
    for statement in statements:
        if statement["Effect"] not in {"Allow", "Deny"} or not _has_dates(statement):
            raise PolicyError(_LEGACY)


def _check_resources(statements: Sequence[Statement]) -> str | None:
    """Give what the newer parser has against a resource; if it has nothing, the older one is asked.

    What it has is told only after other faults.
    """
    resources = list(chain.from_iterable(_texts(one, "Resource") for one in statements))
    fault = next(filter(None, map(_find_fault, resources)), None)
    if fault is None and any(map(_is_torn, resources)):
        raise PolicyError(_LEGACY)
    return fault


def _has_dates(statement: Statement) -> bool:
    """Tell whether the values of date conditions are dates."""
    conditions = cast("Mapping[str, Mapping[str, object]]", statement.get("Condition", {}))
    compared = [
        values
        for operator, keys in conditions.items()
        if operator.rpartition(":")[2].startswith("Date")
        for values in keys.values()
    ]
    try:
        for values in compared:
            for value in values if isinstance(values, list) else [values]:
                parse_date(str(value))
    except ValueError:
        return False
    return True


def _is_torn(resource: str) -> bool:
    """Tell whether an ARN lacks its vendor, or a colon of those that follow it."""
    parts = resource.split(":")
    return resource != "*" and (not parts[2] or ("::" in resource and len(parts) < 6))  # noqa: PLR2004  # the parts of an ARN


def _find_fault(resource: str) -> str | None:
    """Find what is wrong with a resource; None where nothing is."""
    if resource == "*":
        return None
    if ":" not in resource:
        return f'Resource {resource} must be in ARN format or "*".'
    _, partition, *rest = resource.split(":", 5)
    pattern = parse_pattern(partition, has_variables=False)
    if not any(pattern.matches(known, {}) for known in _PARTITIONS):
        arn = ":".join(("arn", partition, *[*rest, *"****"][:4]))
        return f'Partition "{partition}" is not valid for resource "{arn}".'
    if not rest:
        return "Resource vendor must be fully qualified and cannot contain regexes."
    vendor, region, _, name = [*rest, "", "", ""][:4]
    return _find_vendor_fault(resource, vendor, region, name)


def _find_vendor_fault(resource: str, vendor: str, region: str, name: str) -> str | None:
    """Find what a service has against a resource of its own."""
    if vendor == "s3" and region and not name.startswith(_S3_REGIONAL):
        return f"Resource {resource} can not contain region information."
    if vendor == "iam" and region:
        return f"IAM resource {resource} cannot contain region information."
    if vendor == "iam" and name != "*" and not name.startswith(_IAM_PATHS + _IAM_MORE):
        paths = ", ".join(_IAM_PATHS)
        return f'IAM resource path must either be "*" or start with {paths}.'
    return None


def _check_sids(statements: Sequence[Statement]) -> None:
    sids = [str(statement["Sid"]) for statement in statements if statement.get("Sid")]
    if len(set(sids)) < len(sids):
        raise PolicyError("Statement IDs (SID) in a single policy must be unique.")
    if not all(map(_SID.fullmatch, sids)):
        raise PolicyError(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the "
            "regular expression [0-9A-Za-z]*"
        )


def _check_presence(statements: Sequence[Statement], element: str) -> None:
    if not all(_list(statement, element) for statement in statements):
        raise PolicyError(f"Policy statement must contain {element.lower()}s.")


def _check_actions(statements: Sequence[Statement]) -> None:
    for action in chain.from_iterable(_texts(one, "Action") for one in statements):
        vendor, *names = action.split(":")
        if not names and action != "*":
            raise PolicyError(
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
            )
        if len(names) > 1:
            raise PolicyError("Actions/Condition can contain only one colon.")
        if not _VENDOR.fullmatch(vendor):
            raise PolicyError(f"Vendor {vendor} is not valid")
