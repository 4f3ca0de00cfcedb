"""`AWS::IAM::*` resources become roles, users, groups and policies.

Policies arrive in five ways: inline, by the ARN of one of AWS's managed policies, by the ARN of one
in the template, hung on from outside by `AWS::IAM::Policy` and its younger relatives, and for users
from their groups. Source: CP-CFN-02, SEC-MGD-01.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypedDict

from routekey.errors import PolicyError
from routekey.languages.iam import (
    Policy,
    check_identity_policy,
    check_trust_policy,
    managed_policy,
    parse_policy,
    parse_resource_policy,
)
from routekey.projects.cloudformation.properties import Properties, read_fields
from routekey.projects.cloudformation.references import Resource
from routekey.projects.cloudformation.usage import read_tags
from routekey.projects.document import Place, Value
from routekey.projects.notices import Notices
from routekey.resources.managed_identity import (
    AccessKey,
    ManagedGroup,
    ManagedIdentities,
    ManagedPolicy,
    ManagedRole,
    ManagedUser,
)

_KEYS_PER_USER = 2  # AWS's quota of IAM, "Access keys assigned to an IAM user"
_MEMBERS = {
    "Roles": "role",
    "RoleName": "role",
    "Users": "user",
    "UserName": "user",
    "Groups": "group",
    "GroupName": "group",
}
"""Where a policy says on whom it hangs."""
_INLINE = frozenset(
    (
        "AWS::IAM::GroupPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::UserPolicy",
    )
)


_TRUST = "AssumeRolePolicyDocument"
_VERSION = "2012-10-17"
_LEFT_OUT = "IAM refuses such a policy; here the statement is left out"
_CHECK_MANAGED = partial(check_identity_policy, is_managed=True)


def build_identities(resources: Sequence[Resource], notices: Notices) -> ManagedIdentities:
    """Build everybody whom a project describes.

    Raises:
        ProjectError: a policy is malformed.
    """
    of_type: defaultdict[str, list[Resource]] = defaultdict(list)
    for resource in resources:
        of_type[resource.type].append(resource)
    policies = _Policies(resources, notices)
    access_keys = _read_access_keys(of_type, notices)
    joined = _read_joined(of_type["AWS::IAM::UserToGroupAddition"])
    return ManagedIdentities(
        roles=tuple(_build_role(role, policies) for role in of_type["AWS::IAM::Role"]),
        users=tuple(
            ManagedUser(
                **_identify(user, "AIDA"),
                **policies.of("user", user),
                permissions_boundary=policies.boundary(user),
                tags=read_tags(user.properties),
                access_keys=tuple(access_keys[user.name()]),
                groups=tuple(
                    dict.fromkeys((*user.properties.texts("Groups"), *joined[user.name()]))
                ),
            )
            for user in of_type["AWS::IAM::User"]
        ),
        groups=tuple(
            ManagedGroup(**_identify(group, "AGPA"), **policies.of("group", group))
            for group in of_type["AWS::IAM::Group"]
        ),
        policies=tuple(
            ManagedPolicy(
                **_identify(policy, "ANPA"),
                document=policies.write(policy.properties, policy.reference(), _CHECK_MANAGED),
                description=policy.properties.text("Description", ""),
            )
            for policy in of_type["AWS::IAM::ManagedPolicy"]
        ),
    )


def _build_role(role: Resource, policies: "_Policies") -> ManagedRole:
    has_trust = _TRUST in role.properties  # CloudFormation asks for it; a role on its way need not
    return read_fields(
        ManagedRole,
        role.properties,
        **_identify(role, "AROA"),
        **policies.of("role", role),
        permissions_boundary=policies.boundary(role),
        trust_policy=policies.write_trust(role.properties) if has_trust else None,
        tags=read_tags(role.properties),
    )


class _Identified(TypedDict):
    """What a resource of IAM is known by."""

    name: str
    id: str
    path: str


def _identify(resource: Resource, prefix: str) -> _Identified:
    return {
        "name": resource.name(),
        "id": f"{prefix}{resource.digest(17).upper()}",
        "path": resource.properties.text("Path", "/"),
    }


class _Held(TypedDict):
    """The policies that an identity has."""

    inline_policies: Mapping[str, str]
    attached_policies: tuple[str, ...]


class _Policies:
    """The policies of a project, by what they hang on."""

    def __init__(self, resources: Sequence[Resource], notices: Notices) -> None:
        self._notices = notices
        self._own = frozenset(
            resource.reference()
            for resource in resources
            if resource.type == "AWS::IAM::ManagedPolicy"
        )
        self._inline: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        self._attached: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for resource in resources:
            if resource.type == "AWS::IAM::ManagedPolicy":
                for target in _list_targets(resource.properties):
                    self._attached[target].append(resource.reference())
            elif resource.type in _INLINE:
                self._hang(resource)

    def of(self, kind: str, identity: Resource) -> _Held:
        """Give the policies of an identity itself; of two inline ones of a name the last counts."""
        properties, target = identity.properties, (kind, identity.name())
        inline: dict[str, str] = {}
        for number, policy in enumerate(properties.items("Policies")):
            if policy.names():  # an Fn::If between a policy and nothing leaves an empty map
                name = policy.text("PolicyName", f"{identity.logical_id}Policy{number}")
                inline[name] = self.write(policy, name)
        attached = properties.texts("ManagedPolicyArns")
        for arn in attached:
            self._look_up(arn, properties.place / "ManagedPolicyArns")
        return {
            "inline_policies": inline | self._inline[target],
            "attached_policies": tuple(dict.fromkeys((*attached, *self._attached[target]))),
        }

    def write(
        self,
        properties: Properties,
        name: str,
        check: Callable[[str], None] = check_identity_policy,
    ) -> str:
        """Write a policy of an identity as JSON text, which holds, and which IAM takes.

        IAM refuses a whole policy for one statement. Where guesses are allowed, what can be read of
        it counts: a project is tried before all of its policies are right, and a guess of ours may
        stand in one.

        Raises:
            ProjectError: it is malformed, and nothing may be guessed.
        """
        return self._write(parse_policy, check, properties, "PolicyDocument", name)

    def write_trust(self, properties: Properties) -> str:
        """Write a role's trust policy, likewise."""
        return self._write(parse_resource_policy, check_trust_policy, properties, _TRUST, "")

    def _write(
        self,
        parse: Callable[..., Policy],
        check: Callable[[str], None],
        properties: Properties,
        member: str,
        name: str,
    ) -> str:
        place = properties.place / member
        value = properties.value(member)
        document = {} if isinstance(value, str) else properties.inner(member).all()
        # YAML makes dates of `2012-10-17`; IAM takes everything for text.
        text = value if isinstance(value, str) else json.dumps(document, default=str)
        try:
            parse(text, name=name)
        except PolicyError as error:
            self._notices.guess(error.problem, _LEFT_OUT, place, error.remedy, is_refused=True)
            return json.dumps(_keep_sound(parse, document), default=str)
        try:
            check(text)
        except PolicyError as error:
            problem = f"{name}: {error.problem}" if name else error.problem
            problem = f"IAM refuses this policy: {problem.removesuffix('.')}"
            self._notices.guess(problem, "here it counts", place, error.remedy, is_refused=True)
        return text

    def boundary(self, identity: Resource) -> str | None:
        """Give the permissions boundary of an identity, if it is known."""
        arn = identity.properties.optional_text("PermissionsBoundary")
        if arn is None:
            return None
        return (
            arn if self._look_up(arn, identity.properties.place / "PermissionsBoundary") else None
        )

    def _look_up(self, arn: str, place: Place) -> bool:
        is_known = arn in self._own or managed_policy(arn) is not None
        if not is_known:
            self._notices.add(f"the managed policy {arn} is not known; it allows nothing", place)
        return is_known

    def _hang(self, resource: Resource) -> None:
        properties = resource.properties
        targets = _list_targets(properties)
        if targets and "PolicyDocument" in properties:
            document = self.write(properties, resource.logical_id)
            name = properties.text("PolicyName", resource.logical_id)
            for target in targets:
                self._inline[target][name] = document


def _list_targets(properties: Properties) -> list[tuple[str, str]]:
    return [(kind, name) for member, kind in _MEMBERS.items() for name in properties.texts(member)]


def _read_joined(additions: Sequence[Resource]) -> defaultdict[str, list[str]]:
    """Read which groups users were added to, by user."""
    joined: defaultdict[str, list[str]] = defaultdict(list)
    for addition in additions:
        for user in addition.properties.texts("Users"):
            joined[user].append(addition.properties.text("GroupName"))
    return joined


def _read_access_keys(
    of_type: Mapping[str, Sequence[Resource]], notices: Notices
) -> defaultdict[str, list[AccessKey]]:
    """Read the keys of users, by user."""
    users = {user.name() for user in of_type["AWS::IAM::User"]}
    keys: defaultdict[str, list[AccessKey]] = defaultdict(list)
    for resource in of_type["AWS::IAM::AccessKey"]:
        user = resource.properties.text("UserName")
        if user not in users:
            notices.add(
                f"the user {user} is not part of the project, so this key is not known here",
                resource.place,
            )
            continue
        if len(keys[user]) == _KEYS_PER_USER:
            raise resource.place.error(f"a user has {_KEYS_PER_USER} access keys at most")
        keys[user].append(
            AccessKey(
                access_key_id=resource.reference(),
                secret_access_key=str(resource.attribute("SecretAccessKey")),
                is_active=resource.properties.text("Status", "Active") == "Active",
            )
        )
    return keys


def _keep_sound(
    parse: Callable[[Mapping[str, object]], Policy], document: Mapping[str, Value]
) -> dict[str, Value]:
    """Keep the statements of a policy that IAM would take."""
    made: dict[str, Value] = {"Version": str(document.get("Version", _VERSION)), "Statement": []}
    written = document.get("Statement")
    sound = [
        statement
        for statement in (written if isinstance(written, list) else [written])
        if _is_sound(parse, made | {"Statement": statement})
    ]
    return made | {"Statement": sound}


def _is_sound(parse: Callable[[Mapping[str, object]], Policy], document: dict[str, Value]) -> bool:
    try:
        parse(document)
    except PolicyError:
        return False
    return True
