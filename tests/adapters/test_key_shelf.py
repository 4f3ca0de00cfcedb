from dataclasses import replace

from routekey.adapters.key_shelf import IssuedKey, KeyShelf
from routekey.resources.identity import Credential, Principal
from routekey.testing.fakes import SOME_TIME_MS

HOUR_MS = 3600 * 1000
ANN = Principal(arn="arn:aws:iam::123456789012:user/ann", account="123456789012", user_id="AIDA")


def key(name: str, *, expires_ms: int = SOME_TIME_MS + HOUR_MS) -> IssuedKey:
    credential = Credential(
        access_key_id=name,
        secret_access_key="secret",
        session_token="token",
        principal=ANN,
        expires_ms=expires_ms,
    )
    return IssuedKey(credential, lambda: replace(ANN, user_id="AIDANEW"))


def names(shelf: KeyShelf) -> list[str]:
    return [issued.credential.access_key_id for issued in shelf]


def test_above_its_bound_the_oldest_goes() -> None:
    shelf = KeyShelf(2)
    for name in ("first", "second", "third"):
        shelf.put(key(name), SOME_TIME_MS)
    assert names(shelf) == ["second", "third"]


def test_what_ran_out_an_hour_ago_goes() -> None:
    shelf = KeyShelf(10)
    for name, expires_ms in (("first", 1), ("lasting", 2 * HOUR_MS), ("second", 2)):
        shelf.put(key(name, expires_ms=SOME_TIME_MS + expires_ms), SOME_TIME_MS)
    shelf.put(key("third"), SOME_TIME_MS + HOUR_MS + 1)
    assert names(shelf) == ["first", "lasting", "second", "third"]
    shelf.put(key("fourth"), SOME_TIME_MS + HOUR_MS + 3)
    assert names(shelf) == ["lasting", "third", "fourth"]


def test_keys_are_found_removed_and_made_anew() -> None:
    shelf = KeyShelf(10)
    shelf.put(key("first"), SOME_TIME_MS)
    shelf.renew()
    found = shelf.find("first")
    assert found is not None
    assert found.principal.user_id == "AIDANEW"
    for _ in range(2):
        shelf.remove("first")
    assert shelf.find("first") is None
