"""The keys that we give out: temporary ones for roles, lasting ones for users.

Everything is held in memory and found by access key. After a change the keys that are out have the
new policies of their role or user. Those of a role that is gone may do nothing; those of a user who
is gone are gone with him.
"""

from base64 import b32encode, b64encode
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Final

from routekey.adapters.key_shelf import IssuedKey, KeyShelf
from routekey.arn import Arn
from routekey.clock import Clock
from routekey.errors import AccessDeniedException
from routekey.gateway.identity import Circumstances, account_root, authorize
from routekey.gateway.ports import Credentials
from routekey.gateway.trust import (
    API_GATEWAY,
    ASSUME_ROLE,
    SESSION_SECONDS,
    TAG_SESSION,
    SessionWish,
    authorize_assumption,
    refuse_assumption,
    trusts_service,
)
from routekey.ids import AccountId
from routekey.resources.identity import Credential, Principal, Role, SealedCredential, User

PROCESS_KEYS_MAX: Final = 10_000
"""Each process of ours has one at a time, so that a machine never reaches this."""

RETIRED_KEYS_MAX: Final = 1000
"""Of processes that are gone: what they signed, as an address that a client has yet to open, is
good for as long as the key was. The oldest go first."""

SESSION_KEYS_MAX: Final = 50_000
"""Of sessions that somebody asked STS for: fourteen a second, each for an hour, and some 80 MB.
Functions ask as often as clients call them, so these never crowd out the functions' own keys."""

DELETED_ROLES_MAX: Final = 5000
"""Roles that were here, and are not foreign for being gone. The oldest are forgotten first; each
took somebody who may make and delete roles two calls."""

GATEWAY_SESSION: Final = "BackplaneAssumeRoleSession"
"""AWS's own name for the sessions in which API Gateway uses an integration's role."""


class IssuedCredentials:
    """The keys of one account. Implements `Credentials`, `InvokePermissions`, `RoleSessions`."""

    def __init__(
        self,
        *,
        clock: Clock,
        entropy: Callable[[int], bytes],
        account_id: AccountId,
        roles: Iterable[Role] = (),
        users: Iterable[User] = (),
        trusts_foreign_roles: bool = False,
        beside: Credentials | None = None,
    ) -> None:
        """Make an empty store.

        Args:
            clock: tells when keys run out.
            entropy: gives so many unpredictable bytes.
            account_id: the account whose keys these are.
            roles: the roles of the project.
            users: the users of the project.
            trusts_foreign_roles: whether a role that was never here may do everything, as its
                policies are elsewhere. For `run`; else it may do nothing.
            beside: where to look for keys that are not ours, such as those of operators.
        """
        self._clock = clock
        self._entropy = entropy
        self._account_id = account_id
        self._trusts_foreign_roles = trusts_foreign_roles
        self._beside = beside
        self._roles = {role.arn: role for role in roles}
        self._deleted_roles: dict[str, None] = {}
        self._users = tuple(users)
        self._processes = KeyShelf(PROCESS_KEYS_MAX)
        self._retired = KeyShelf(RETIRED_KEYS_MAX)
        self._sessions = KeyShelf(SESSION_KEYS_MAX)
        self._shelves = (self._processes, self._retired, self._sessions)
        self._lasting = self._list_lasting()

    def find(self, access_key_id: str) -> Credential | None:
        """Find the credential of an access key; None where nobody has it."""
        lasting = self._lasting.get(access_key_id)
        if lasting is not None:
            return lasting
        for shelf in self._shelves:
            found = shelf.find(access_key_id)
            if found is not None:
                return found
        return None if self._beside is None else self._beside.find(access_key_id)

    def issue_for_role(
        self, role_arn: str, session_name: str, *, seconds: int = SESSION_SECONDS
    ) -> Credential:
        """Give out temporary keys of a role, for a process of ours.

        They are not renewed: who needs them longer asks again before they run out.

        Args:
            role_arn: the role; see `trusts_foreign_roles` for one that the project has not.
            session_name: the end of the session's ARN; a function's name, as on AWS.
            seconds: how long the keys are good.
        """
        wish = SessionWish(role_arn=role_arn, session_name=session_name, seconds=seconds)
        return self._issue(wish, self._processes)

    def adopt(self, keys: Credential, role_arn: str, session_name: str) -> None:
        """Know keys that AWS itself gave, for a process of ours.

        Here they are of the process's own role, whatever they are of at AWS.
        """
        wish = SessionWish(role_arn=role_arn, session_name=session_name)
        self._shelve(keys, wish, self._processes)

    def retire(self, access_key_id: str) -> None:
        """Take note that the process is gone that had a key.

        The key stays good, but makes room for others: one function that crashes all day does not
        cost the others theirs.
        """
        issued = self._processes.remove(access_key_id)
        if issued is not None:
            self._retired.put(issued, self._clock.now_ms())

    def replace(self, roles: Iterable[Role], users: Iterable[User]) -> None:
        """Take other roles and users, and the users' keys."""
        before, self._roles = self._roles, {role.arn: role for role in roles}
        self._deleted_roles |= dict.fromkeys(before.keys() - self._roles.keys())
        while len(self._deleted_roles) > DELETED_ROLES_MAX:
            del self._deleted_roles[next(iter(self._deleted_roles))]
        self._users = tuple(users)
        for shelf in self._shelves:
            shelf.renew()
        self._lasting = self._list_lasting()

    def assume(
        self,
        caller: Principal,
        wish: SessionWish,
        circumstances: Circumstances,
    ) -> Credential:
        """Give a caller temporary keys of a role, as `sts:AssumeRole` does.

        Raises:
            AccessDeniedException: the role does not trust him, or his policies do not allow it.
        """
        role = self._roles.get(wish.role_arn)
        if role is not None and role.trust is not None:
            for action in (ASSUME_ROLE, *((TAG_SESSION,) if wish.tags else ())):
                authorize_assumption(caller, role, circumstances, action, wish.context)
        elif not self._trusts_foreign_role(wish.role_arn):
            raise refuse_assumption(caller, wish.role_arn, ASSUME_ROLE)
        return self._issue(wish, self._sessions)

    def find_role(self, role_arn: str) -> Role | None:
        """Find a role of ours."""
        return self._roles.get(role_arn)

    def trusts_gateway(self, role_arn: str) -> bool:
        """Tell whether API Gateway may take a role: one that says who may has to name it."""
        role = self._roles.get(role_arn)
        if role is None:
            return self._trusts_foreign_role(role_arn)
        if role.trust is None:
            return True
        circumstances = self._own_circumstances("")
        return trusts_service(role.trust, role_arn, API_GATEWAY, circumstances)

    def may_invoke(self, role_arn: str, function_arn: str) -> bool:
        """Tell whether a role trusts us and may invoke a function. Source: DP-INT-07, SEC-LPOL-06.

        It needs `lambda:InvokeFunction`.
        """
        if not self.trusts_gateway(role_arn):
            return False
        is_foreign = self._trusts_foreign_role(role_arn)
        wish = SessionWish(role_arn=role_arn, session_name=GATEWAY_SESSION)
        caller = self._role_session(wish, self._clock.now_ms(), is_foreign=is_foreign)
        return self._allows_invoke(caller, function_arn)

    def find_caller(self, access_key_id: str) -> Credential | None:
        """Find the credential of whoever opened a connection with an access key.

        Under `run` an unknown key is the developer's own, who is the account's administrator.
        """
        known = self.find(access_key_id)
        if known is not None or not self._trusts_foreign_roles:
            return known
        return Credential(
            access_key_id=access_key_id,
            secret_access_key="unknown",  # noqa: S106  # emulators do not look at it
            principal=account_root(self._account_id),
        )

    def may_caller_invoke(self, access_key_id: str, function_arn: str) -> bool:
        """Tell whether who has an access key may invoke a function. Source: DP-INT-07."""
        caller = self.find_caller(access_key_id)
        return caller is not None and self._allows_invoke(caller.principal, function_arn)

    def _allows_invoke(self, caller: Principal, function_arn: str) -> bool:
        function = Arn.parse(function_arn)
        circumstances = self._own_circumstances(function.region if function is not None else "")
        try:
            authorize(caller, "lambda:InvokeFunction", function_arn, circumstances)
        except AccessDeniedException:
            return False
        return True

    def _issue(self, wish: SessionWish, shelf: KeyShelf) -> Credential:
        keys = Credential(
            access_key_id=f"ASIA{b32encode(self._entropy(10)).decode('ascii')}",
            secret_access_key=self._text(30),
            session_token=self._text(96),
            expires_ms=self._clock.now_ms() + wish.seconds * 1000,
            principal=account_root(self._account_id),  # until it has the one of its session
        )
        return self._shelve(keys, wish, shelf)

    def _shelve(self, keys: Credential, wish: SessionWish, shelf: KeyShelf) -> Credential:
        """Keep keys as those of a session that begins now."""
        is_foreign = self._trusts_foreign_role(wish.role_arn)
        now_ms = self._clock.now_ms()
        make = partial(self._role_session, wish, now_ms, is_foreign=is_foreign)
        credential = replace(keys, principal=make())
        shelf.put(IssuedKey(credential, make), now_ms)
        return credential

    def _role_session(self, wish: SessionWish, issued_ms: int, *, is_foreign: bool) -> Principal:
        """Make the principal of a session, from the role as it is now.

        Only a role that is foreign from the start is trusted: one that was here, and is no more,
        leaves its sessions with nothing.
        """
        role_arn = wish.role_arn
        arn = Arn.parse(role_arn)
        account = arn.account if arn is not None else self._account_id
        session_arn = f"arn:aws:sts::{account}:assumed-role/{_last(role_arn)}/{wish.session_name}"
        role = self._roles.get(role_arn)
        if role is None:
            role = Role(arn=role_arn, role_id="AROAFOREIGNROLE")
        return Principal(
            arn=session_arn,
            account=account,
            user_id=f"{role.role_id}:{wish.session_name}",
            policies=role.policies,
            boundary=role.boundary,
            session_policies=wish.policies,
            role_arn=role_arn,
            issued_ms=issued_ms,
            tags={**role.tags, **wish.tags},
            is_administrator=is_foreign and self._trusts_foreign_role(role_arn),
        )

    def _trusts_foreign_role(self, role_arn: str) -> bool:
        """Tell whether a role may do everything, as it is not ours and never was.

        Who deletes the role that limits him gains nothing by it.
        """
        is_ours = role_arn in self._roles or role_arn in self._deleted_roles
        return self._trusts_foreign_roles and not is_ours

    def _list_lasting(self) -> dict[str, Credential]:
        """Make the credentials of the users' keys, by access key."""
        return {
            access_key_id: _make_lasting(access_key_id, secret, self._user(user))
            for user in self._users
            for access_key_id, secret in user.access_keys.items()
        }

    def _user(self, user: User) -> Principal:
        return Principal(
            arn=user.arn,
            account=self._account_id,
            user_id=user.user_id,
            policies=user.policies,
            boundary=user.boundary,
            tags=user.tags,
        )

    def _own_circumstances(self, region: str) -> Circumstances:
        """Tell how the gateway itself calls; CloudTrail has a service's name for its address."""
        return Circumstances(
            source_ip=API_GATEWAY, now_ms=self._clock.now_ms(), region=region, is_secure=True
        )

    def _text(self, size: int) -> str:
        return b64encode(self._entropy(size)).decode("ascii")


def _make_lasting(access_key_id: str, secret: str | None, user: Principal) -> Credential:
    """Make the credential of a user's key; one that is switched off is known, and signs nothing."""
    if secret is None:
        return SealedCredential(access_key_id=access_key_id, principal=user, signing_keys={})
    return Credential(access_key_id=access_key_id, secret_access_key=secret, principal=user)


def _last(arn: str) -> str:
    """Tell a role's name: the path before it does not appear in the ARN of a session."""
    return arn.rpartition("/")[2]
