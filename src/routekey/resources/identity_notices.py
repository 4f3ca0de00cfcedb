"""What a user should know of the identities of his project, before a request is refused for it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from routekey.resources.identity import Role, User
from routekey.resources.project import Project


def find_identity_notices(project: Project, *, trusts_foreign_roles: bool) -> tuple[str, ...]:
    """Find policies and roles that decide otherwise here than on AWS.

    Args:
        project: what is served.
        trusts_foreign_roles: whether a role that the project does not describe may do everything.
    """
    identities: tuple[Role | User, ...] = (*project.roles, *project.users)
    unknown = {notice for identity in identities for notice in _unknown_policies(identity)}
    return (*sorted(unknown), *sorted(_foreign_roles(project, trusts=trusts_foreign_roles)))


def _unknown_policies(identity: Role | User) -> Iterator[str]:
    boundary = () if identity.boundary is None else (identity.boundary,)
    for policy in (*identity.policies, *boundary):
        if policy.is_unknown:
            yield (
                f"{identity.arn} has AWS's policy {policy.name}, whose text Routekey does not "
                "have: it allows no push and no call of a function here; "
                "the local services ask nobody"
            )


def _foreign_roles(project: Project, *, trusts: bool) -> set[str]:
    known = {role.arn for role in project.roles}
    may = "may do everything here" if trusts else "may do nothing here"
    held: defaultdict[str, list[str]] = defaultdict(list)
    for function in project.functions:
        if function.role not in known:
            held[function.role].append(function.function_name)
    return {
        f"the role {role} of {_name(functions)} is not part of the project, so its policies are "
        f"not known: it {may}"
        for role, functions in held.items()
    }


def _name(functions: Sequence[str]) -> str:
    if len(functions) == 1:
        return f"function {functions[0]}"
    return f"function {functions[0]} and {len(functions) - 1} more"
