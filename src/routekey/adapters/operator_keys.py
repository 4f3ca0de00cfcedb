"""The keys of operators and their programs: made by `routekey keys`, taken in by `routekey serve`.

A secret is shown once, when its key is made, and is kept nowhere. SigV4 signs with keys that are
derived from it, each for one day, region and service: those are kept, for the days until the key
ends and for the services that a gateway has. So whoever steals the file cannot learn the secret,
sign for another service or account of AWS with it, nor for a day after its end. Here he can sign
until the key is revoked, as there is nothing else that a signature could be checked against: the
files are for their owner's eyes (mode 0600), or they are not used.

One file is one key. A gateway that runs looks at the folder while requests come, so a new key works
and a revoked one stops working within a second.
"""

import os
import re
from base64 import b32encode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from routekey.adapters.private_files import is_private, write_private_file
from routekey.clock import Clock
from routekey.errors import InputError, PolicyError
from routekey.ids import AccountId
from routekey.languages.iam import Policy, parse_policy
from routekey.languages.sigv4 import derive_signing_key
from routekey.resources.identity import Principal, SealedCredential

SERVICES: Final = ("execute-api", "apigateway", "iam", "lambda", "sts")
"""What a gateway can be asked for; a key signs for nothing else."""
_GLOBAL: Final[Mapping[str, Sequence[str]]] = {"us-east-1": ("iam",)}
"""What has one region for the whole world: SDKs of any region sign for that one."""
DAYS_MAX: Final = 366
"""A year: 2,200 derived keys and some 150 KB a file; who needs a key longer makes a new one."""
_KEYS_MAX: Final = 1000
"""Operators and their programs are few; more would be 150 MB of derived keys."""
_FILE_BYTES_MAX: Final = 4 * 1024 * 1024
_LOOK_MS: Final = 1000
_SUFFIX: Final = ".json"
_ACCESS_KEY_ID: Final = re.compile(r"AKIA[A-Z2-7]{16}")


class StoredKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as its file has it."""

    access_key_id: str
    name: str
    """Of the user that it stands for: `arn:aws:iam::{account}:user/{name}`."""
    account_id: str
    created_ms: int
    expires_ms: int
    policies: dict[str, dict[str, object]]
    """Documents by name."""
    signing_keys: dict[str, dict[str, dict[str, bytes]]]
    """By region, service and day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that was made a moment ago: the only time that its secret is known."""

    stored: StoredKey
    secret_access_key: str


class OperatorKeys:
    """A folder of keys. Implements the port `Credentials`.

    Args:
        folder: where they are; it need not exist.
        clock: the time.
        complain: tells of files that cannot be used.
    """

    def __init__(self, folder: Path, *, clock: Clock, complain: Callable[[str], None]) -> None:
        self._folder = folder
        self._clock = clock
        self._complain = complain
        self._looked_ms: int | None = None
        self._state: tuple[int, tuple[Path, ...]] = (0, ())
        self._keys: dict[str, SealedCredential] = {}

    def find(self, access_key_id: str) -> SealedCredential | None:
        """Find a key; a key that is unknown, damaged or readable by others is None."""
        now_ms = self._clock.now_ms()
        if self._looked_ms is None or not 0 <= now_ms - self._looked_ms < _LOOK_MS:
            self._looked_ms = now_ms
            self._look()
        return self._keys.get(access_key_id)

    def create(
        self,
        name: str,
        policies: Sequence[tuple[str, dict[str, object]]],
        *,
        account_id: AccountId,
        regions: Sequence[str],
        days: int,
    ) -> NewKey:
        """Make a key and keep what its signatures are checked against.

        Args:
            name: of the user that it stands for.
            policies: what he may do: names and documents.
            account_id: whose user he is.
            regions: for which it signs.
            days: how long it is good, counted from now.

        Raises:
            InputError: the folder cannot be written to.
        """
        now_ms = self._clock.now_ms()
        secret = b64encode(os.urandom(30)).decode("ascii")
        stored = StoredKey(
            access_key_id=f"AKIA{b32encode(os.urandom(10)).decode('ascii')}",
            name=name,
            account_id=account_id,
            created_ms=now_ms,
            expires_ms=now_ms + days * 24 * 3600 * 1000,
            policies=dict(policies),
            signing_keys={
                region: {
                    service: {
                        day: derive_signing_key(secret, day, region, service)
                        for day in _days(now_ms, days)
                    }
                    for service in services
                }
                for region, services in _services_by_region(regions).items()
            },
        )
        with _file_errors(self._folder):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = self._file(stored.access_key_id)
            write_private_file(file, msgspec.json.encode(stored), replace=False)
        return NewKey(stored=stored, secret_access_key=secret)

    def list(self) -> Iterator[StoredKey]:
        """Give every key that can be used, the oldest first.

        Raises:
            InputError: the folder cannot be read.
        """
        with _file_errors(self._folder):
            files = self._files()
        yield from sorted(self._read_all(files), key=lambda key: key.created_ms)

    def revoke(self, access_key_id: str) -> None:
        """Forget a key.

        Raises:
            InputError: there is none, or its file cannot be deleted.
        """
        if not _ACCESS_KEY_ID.fullmatch(access_key_id):
            raise _unknown(access_key_id)
        with _file_errors(self._folder):
            try:
                self._file(access_key_id).unlink()
            except FileNotFoundError:
                raise _unknown(access_key_id) from None

    def _look(self) -> None:
        """Read the files again if one has come or gone."""
        try:
            with _file_errors(self._folder):
                files = self._files()
                # Within one tick of the kernel's clock the folder's time tells nothing, so the
                # names count too.
                state = (self._folder.stat().st_mtime_ns if files else 0, tuple(files))
        except InputError as error:
            self._complain(str(error))
            return
        if state != self._state:
            self._state = state
            self._keys = {key.access_key_id: key for key in self._unseal_all(files)}

    def _read_all(self, files: Sequence[Path]) -> Iterator[StoredKey]:
        for file in files:
            try:
                yield _read(file)
            except InputError as error:
                self._complain(str(error))

    def _unseal_all(self, files: Sequence[Path]) -> Iterator[SealedCredential]:
        for stored in self._read_all(files):
            try:
                yield _unseal(stored, self._file(stored.access_key_id))
            except InputError as error:
                self._complain(str(error))

    def _files(self) -> Sequence[Path]:
        files = sorted(self._folder.glob(f"AKIA*{_SUFFIX}"))
        if len(files) > _KEYS_MAX:
            raise InputError(
                f"there are {len(files)} keys, and {_KEYS_MAX} are allowed",
                remedy="Revoke some with `routekey keys revoke`.",
                file=str(self._folder),
            )
        return files

    def _file(self, access_key_id: str) -> Path:
        return self._folder / f"{access_key_id}{_SUFFIX}"


def keys_folder(data_folder: str) -> Path:
    """Tell where keys are kept.

    Args:
        data_folder: the setting; empty is `$XDG_DATA_HOME/routekey`.
    """
    if data_folder:
        return Path(data_folder) / "keys"
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "routekey" / "keys"


def _days(now_ms: int, days: int) -> Iterator[str]:
    """List the days that a key signs for; a client's clock may be in yesterday or tomorrow."""
    today = datetime.fromtimestamp(now_ms / 1000, UTC)
    for offset in range(-1, days + 2):
        yield f"{today + timedelta(days=offset):%Y%m%d}"


def _read(file: Path) -> StoredKey:
    """Read a key's file.

    Raises:
        InputError: others can read it, or it is damaged.
    """
    with _file_errors(file), file.open("rb") as stream:
        if not is_private(stream):
            raise InputError(
                "this key can be read by other users, so it is not used",
                remedy="Revoke it, or set its mode to 0600 if nobody has read it.",
                file=str(file),
            )
        content = stream.read(_FILE_BYTES_MAX)
    try:
        stored = msgspec.json.decode(content, type=StoredKey)
    except msgspec.DecodeError as error:
        raise InputError(f"this is no key: {error}", remedy="Delete it.", file=str(file)) from error
    if stored.access_key_id != file.name.removesuffix(_SUFFIX):
        raise InputError("this is the file of another key", remedy="Delete it.", file=str(file))
    return stored


def _unseal(stored: StoredKey, file: Path) -> SealedCredential:
    return SealedCredential(
        access_key_id=stored.access_key_id,
        principal=Principal(
            arn=f"arn:aws:iam::{stored.account_id}:user/{stored.name}",
            account=stored.account_id,
            user_id=stored.access_key_id.replace("AKIA", "AIDA", 1),
            policies=tuple(_parse(name, text, file) for name, text in stored.policies.items()),
        ),
        expires_ms=stored.expires_ms,
        signing_keys={
            (day, region, service): key
            for region, services in stored.signing_keys.items()
            for service, days in services.items()
            for day, key in days.items()
        },
    )


def _parse(name: str, document: dict[str, object], file: Path) -> Policy:
    try:
        return parse_policy(document, name=name, file=str(file))
    except PolicyError as error:
        raise InputError(error.problem, remedy="Revoke it.", file=str(file)) from error


def _unknown(access_key_id: str) -> InputError:
    return InputError(
        f"there is no key {access_key_id}", remedy="`routekey keys list` shows them all."
    )


@contextmanager
def _file_errors(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"the keys cannot be used: {error.strerror or error}",
            remedy="Set functions.data_folder to a folder of yours.",
            file=str(place),
        ) from error


def _services_by_region(regions: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Say for what a key signs where: the regions that were asked for first, in their order."""
    asked = dict.fromkeys(regions, SERVICES)
    return asked | {region: services for region, services in _GLOBAL.items() if region not in asked}
