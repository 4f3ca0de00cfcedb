"""What a user should know of the identities of his project, before a request is refused for it."""

from collections.abc import Iterator

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
    return {
        f"the role {function.role} of function {function.function_name} is not part of the "
        f"project, so its policies are not known: it {may}"
        for function in project.functions
        if function.role not in known
    }
