"""`AWS::IAM::*` resources become roles and users with parsed policies.

Policies arrive in five ways: inline, by the ARN of one of AWS's managed policies, by the ARN of one
in the template, hung on from outside by `AWS::IAM::Policy` and its younger relatives, and for users
from their groups. Source: CP-CFN-02, SEC-MGD-01.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from routekey.errors import PolicyError
from routekey.languages.iam import Policy, managed_policy, parse_policy, parse_resource_policy
from routekey.projects.cloudformation.properties import Properties, read_fields
from routekey.projects.cloudformation.references import Resource
from routekey.projects.cloudformation.usage import read_tags
from routekey.projects.document import Place
from routekey.projects.notices import Notices
from routekey.resources.identity import Role, User

_KEYS_PER_USER = 2  # AWS's quota of IAM, "Access keys assigned to an IAM user"
_MEMBERS = {"Roles": "role", "RoleName": "role", "Users": "user", "UserName": "user"}
_GROUPS = {"Groups": "group", "GroupName": "group"}
_ATTACHABLE = frozenset(
    (
        "AWS::IAM::GroupPolicy",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::UserPolicy",
    )
)


def build_identities(
    resources: Sequence[Resource], notices: Notices
) -> tuple[tuple[Role, ...], tuple[User, ...]]:
    """Build the roles and users of a project.

    Raises:
        ProjectError: a policy is malformed.
    """
    policies = _Policies(resources, notices)
    access_keys = _read_access_keys(resources, notices)
    roles = [
        read_fields(
            Role,
            resource.properties,
            arn=str(resource.attribute("Arn")),
            role_id=str(resource.attribute("RoleId")),
            policies=policies.of("role", resource),
            boundary=policies.boundary(resource),
            trust=_read_trust(resource),
            tags=read_tags(resource.properties),
        )
        for resource in resources
        if resource.type == "AWS::IAM::Role"
    ]
    users = [
        User(
            arn=str(resource.attribute("Arn")),
            user_id=f"AIDA{resource.digest(17).upper()}",
            policies=policies.of("user", resource),
            boundary=policies.boundary(resource),
            tags=read_tags(resource.properties),
            access_keys=access_keys.get(resource.name(), {}),
        )
        for resource in resources
        if resource.type == "AWS::IAM::User"
    ]
    return tuple(roles), tuple(users)


class _Policies:
    """The policies of a project, by what they hang on."""

    def __init__(self, resources: Sequence[Resource], notices: Notices) -> None:
        self._notices = notices
        self._managed = {
            resource.reference(): resource
            for resource in resources
            if resource.type == "AWS::IAM::ManagedPolicy"
        }
        self._attached: defaultdict[tuple[str, str], list[Policy]] = defaultdict(list)
        for resource in resources:
            if resource.type in _ATTACHABLE:
                self._attach(resource)
        self._joined: defaultdict[str, list[str]] = defaultdict(list)
        for resource in resources:
            if resource.type == "AWS::IAM::UserToGroupAddition":
                for user in resource.properties.texts("Users"):
                    self._joined[user].append(resource.properties.text("GroupName"))
        self._groups = {
            resource.name(): self.of("group", resource)
            for resource in resources
            if resource.type == "AWS::IAM::Group"
        }

    def of(self, kind: str, identity: Resource) -> tuple[Policy, ...]:
        """Give all policies of an identity."""
        found = list(_inline(identity))
        place = identity.properties.place / "ManagedPolicyArns"
        managed = (self._find(arn, place) for arn in identity.properties.texts("ManagedPolicyArns"))
        found += [policy for policy in managed if policy is not None]
        found += self._attached[kind, identity.name()]
        if kind == "user":
            joined = self._joined.get(identity.name(), ())
            for group in dict.fromkeys((*identity.properties.texts("Groups"), *joined)):
                found += self._groups.get(group, ())
        return tuple(found)

    def boundary(self, identity: Resource) -> Policy | None:
        """Give the permissions boundary of an identity."""
        arn = identity.properties.optional_text("PermissionsBoundary")
        if arn is None:
            return None
        return self._find(arn, identity.properties.place / "PermissionsBoundary")

    def _find(self, arn: str, place: Place) -> Policy | None:
        if (resource := self._managed.get(arn)) is not None:
            return _parse(resource.properties, arn)
        policy = managed_policy(arn)
        if policy is None:
            self._notices.add(f"the managed policy {arn} is not known; it allows nothing", place)
        return policy

    def _attach(self, resource: Resource) -> None:
        properties = resource.properties
        targets = [
            (kind, name)
            for member, kind in (_MEMBERS | _GROUPS).items()
            for name in properties.texts(member)
        ]
        if targets and "PolicyDocument" in properties:
            policy = _parse(properties, resource.logical_id)
            for target in targets:
                self._attached[target].append(policy)


def _read_access_keys(
    resources: Sequence[Resource], notices: Notices
) -> Mapping[str, Mapping[str, str | None]]:
    """Read the keys of users: by user, what `User.access_keys` has."""
    users = {resource.name() for resource in resources if resource.type == "AWS::IAM::User"}
    keys: defaultdict[str, dict[str, str | None]] = defaultdict(dict)
    counts: Counter[str] = Counter()
    for resource in resources:
        if resource.type != "AWS::IAM::AccessKey":
            continue
        user = resource.properties.text("UserName")
        if user not in users:
            notices.add(
                f"the user {user} is not part of the project, so this key is not known here",
                resource.place,
            )
            continue
        counts[user] += 1
        if counts[user] > _KEYS_PER_USER:
            raise resource.place.error(f"a user has {_KEYS_PER_USER} access keys at most")
        is_active = resource.properties.text("Status", "Active") == "Active"
        secret = resource.attribute("SecretAccessKey")
        keys[user][resource.reference()] = secret if is_active else None
    return keys


def _inline(identity: Resource) -> Iterator[Policy]:
    for policy in _documents(identity.properties.items("Policies")):
        yield _parse(policy, policy.text("PolicyName", ""))


def _documents(policies: Iterable[Properties]) -> Iterator[Properties]:
    for policy in policies:
        if policy.names():  # an Fn::If between a policy and nothing leaves an empty map
            yield policy


def _parse(properties: Properties, name: str) -> Policy:
    return _parse_document(parse_policy, properties, "PolicyDocument", name)


def _read_trust(role: Resource) -> Policy | None:
    member = "AssumeRolePolicyDocument"
    if member not in role.properties:  # CloudFormation asks for it; a role on its way need not
        return None
    return _parse_document(parse_resource_policy, role.properties, member, "")


def _parse_document(
    parse: Callable[..., Policy], properties: Properties, member: str, name: str
) -> Policy:
    place = properties.place / member
    try:
        return parse(
            properties.inner(member).all(),
            name=name,
            file=place.document.file,
            resource=place.resource,
        )
    except PolicyError as error:
        raise place.error(error.problem, error.remedy) from error
