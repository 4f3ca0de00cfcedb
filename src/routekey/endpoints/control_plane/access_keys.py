"""Access keys of IAM users. The secret of one is told when it is made, and never again.

Source: IAM API Reference, "AccessKey".
"""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.identities import USER, find_identity, new_id, not_found
from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.query_protocol import QueryError
from routekey.resources.managed_identity import AccessKey, ManagedUser

_KEYS_PER_USER: Final = 2


def create_access_key(edit: Edit, request: Members) -> Members:
    """CreateAccessKey: the only time that the secret is told."""
    user = find_identity(USER, edit, request)
    if len(user.access_keys) >= _KEYS_PER_USER:
        raise QueryError(
            "LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {_KEYS_PER_USER}", 409
        )
    key = AccessKey(
        access_key_id=new_id(edit, "AKIA"),
        secret_access_key=b64encode(edit.new_bytes(30)).decode("ascii"),
        create_date=edit.now,
    )
    edit.put(user.name, replace(user, access_keys=(*user.access_keys, key)))
    return {"access_key": {**_show_key(user, key), "secret_access_key": key.secret_access_key}}


def list_access_keys(edit: Edit, request: Members) -> Members:
    """ListAccessKeys."""
    user = find_identity(USER, edit, request)
    shown = [_show_key(user, key) for key in user.access_keys]
    return {"access_key_metadata": shown, "is_truncated": False}


def update_access_key(edit: Edit, request: Members) -> Members:
    """UpdateAccessKey: switch it off or on."""
    user, key = _find_key(edit, request)
    changed = replace(key, is_active=request["status"] == "Active")
    keys = tuple(changed if one is key else one for one in user.access_keys)
    edit.put(user.name, replace(user, access_keys=keys))
    return {}


def delete_access_key(edit: Edit, request: Members) -> Members:
    """DeleteAccessKey."""
    user, gone = _find_key(edit, request)
    left = tuple(key for key in user.access_keys if key is not gone)
    edit.put(user.name, replace(user, access_keys=left))
    return {}


def _find_key(edit: Edit, request: Members) -> tuple[ManagedUser, AccessKey]:
    user: ManagedUser = find_identity(USER, edit, request)
    wanted = request["access_key_id"]
    for key in user.access_keys:
        if key.access_key_id == wanted:
            return user, key
    raise not_found(f"The Access Key with id {wanted} cannot be found.")


def _show_key(user: ManagedUser, key: AccessKey) -> Members:
    return {
        "access_key_id": key.access_key_id,
        "create_date": key.create_date,
        "status": "Active" if key.is_active else "Inactive",
        "user_name": user.name,
    }


OPERATIONS: Final[dict[str, Callable[[Edit, Members], Members]]] = {
    "CreateAccessKey": create_access_key,
    "DeleteAccessKey": delete_access_key,
    "ListAccessKeys": list_access_keys,
    "UpdateAccessKey": update_access_key,
}
