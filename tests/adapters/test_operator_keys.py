"""The keys of operators, and what a thief of their files could do."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from routekey.adapters import operator_keys
from routekey.adapters.operator_keys import SERVICES, NewKey, OperatorKeys, keys_folder
from routekey.adapters.system import SystemClock
from routekey.errors import ExpiredTokenException, InputError, UnrecognizedClientException
from routekey.gateway.identity import Circumstances, identify
from routekey.ids import AccountId
from routekey.languages.iam import managed_document
from routekey.languages.sigv4 import SignedRequest, derive_signing_key
from routekey.resources.identity import Principal
from routekey.testing.fakes import FakeClock

ACCOUNT = AccountId("123456789012")
REGION = "eu-west-2"
DAY_SECONDS = 24 * 3600


class Laboratory:
    """A folder of keys, and a gateway that uses it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock(SystemClock().now_ms())  # botocore signs with the real time
        self.complaints: list[str] = []
        self.keys = self.open()

    def open(self) -> OperatorKeys:
        return OperatorKeys(self.folder, clock=self.clock, complain=self.complaints.append)

    def create(self, name: str = "ann", *, days: int = 30) -> NewKey:
        document = managed_document("AmazonAPIGatewayInvokeFullAccess")
        assert document is not None
        return self.keys.create(
            name,
            [("invoke", dict(document))],
            account_id=ACCOUNT,
            regions=[REGION],
            days=days,
        )

    def file(self, key: NewKey) -> Path:
        return self.folder / f"{key.stored.access_key_id}.json"

    def identify(
        self, key: NewKey, *, service: str = "execute-api", region: str = REGION
    ) -> Principal:
        """Sign a request with a key as boto3 does, and tell who that is for a gateway."""
        request = AWSRequest("GET", "http://127.0.0.1/dev", headers={"host": "127.0.0.1"})
        keys = BotoCredentials(key.stored.access_key_id, key.secret_access_key)
        SigV4Auth(keys, service, region).add_auth(request)
        headers = tuple((name, str(value)) for name, value in request.headers.items())
        signed = SignedRequest("GET", "/dev", "", headers, b"")
        circumstances = Circumstances(
            source_ip="192.0.2.1",
            now_ms=self.clock.now_ms(),
            region=region,
            is_secure=True,
        )
        return identify(signed, circumstances, self.keys, service=service)


@pytest.fixture
def laboratory(tmp_path: Path) -> Laboratory:
    return Laboratory(tmp_path / "routekey" / "keys")


def test_whoever_has_the_secret_is_the_user_with_his_policies(laboratory: Laboratory) -> None:
    key = laboratory.create()
    for service in SERVICES:
        principal = laboratory.identify(key, service=service)
        assert principal.arn == f"arn:aws:iam::{ACCOUNT}:user/ann"
        assert principal.account == ACCOUNT
        assert [policy.name for policy in principal.policies] == ["invoke"]


def test_iam_is_asked_in_the_one_region_that_it_has(laboratory: Laboratory) -> None:
    key = laboratory.create()
    principal = laboratory.identify(key, service="iam", region="us-east-1")
    assert principal.arn == f"arn:aws:iam::{ACCOUNT}:user/ann"


def test_another_secret_is_refused(laboratory: Laboratory) -> None:
    key, other = laboratory.create(), laboratory.create()
    forged = NewKey(stored=key.stored, secret_access_key=other.secret_access_key)
    with pytest.raises(Exception, match="signature we calculated does not match"):
        laboratory.identify(forged)


def test_the_secret_is_in_no_file(laboratory: Laboratory) -> None:
    key = laboratory.create()
    content = laboratory.file(key).read_text()
    assert key.secret_access_key not in content
    assert key.secret_access_key not in repr(laboratory.keys.find(key.stored.access_key_id))


@pytest.mark.parametrize(("service", "region"), [("s3", REGION), ("execute-api", "us-east-1")])
def test_a_stolen_file_signs_for_no_other_service_and_region(
    laboratory: Laboratory, service: str, region: str
) -> None:
    """What is in the file is exactly what SigV4 derives for our services, and nothing above it."""
    key = laboratory.create()
    with pytest.raises(UnrecognizedClientException):
        laboratory.identify(key, service=service, region=region)
    days = key.stored.signing_keys[REGION]["execute-api"]
    today = f"{datetime.fromtimestamp(laboratory.clock.now_ms() / 1000, UTC):%Y%m%d}"
    assert days[today] == derive_signing_key(key.secret_access_key, today, REGION, "execute-api")
    assert set(key.stored.signing_keys[REGION]) == set(SERVICES)


def test_a_stolen_file_signs_for_no_day_after_the_end(laboratory: Laboratory) -> None:
    key = laboratory.create(days=30)
    days = sorted(key.stored.signing_keys[REGION]["sts"])
    ends = datetime.fromtimestamp(key.stored.expires_ms / 1000, UTC)
    assert len(days) == 33  # yesterday and tomorrow too, for clocks that are off
    assert (ends - datetime.strptime(days[-1], "%Y%m%d").replace(tzinfo=UTC)).days <= 0


def test_a_key_ends(laboratory: Laboratory) -> None:
    key = laboratory.create(days=1)
    laboratory.identify(key)
    laboratory.clock.advance(DAY_SECONDS)
    found = laboratory.keys.find(key.stored.access_key_id)
    assert found is not None
    assert found.expires_ms == laboratory.clock.now_ms()


def test_a_key_that_has_ended_is_told_so(laboratory: Laboratory) -> None:
    key = laboratory.create(days=0)
    with pytest.raises(ExpiredTokenException):
        laboratory.identify(key)


def test_nobody_else_can_read_the_files(laboratory: Laboratory) -> None:
    key = laboratory.create()
    assert laboratory.file(key).stat().st_mode & 0o777 == 0o600
    assert laboratory.folder.stat().st_mode & 0o777 == 0o700


def test_a_key_that_others_could_read_is_not_used(laboratory: Laboratory) -> None:
    key = laboratory.create()
    laboratory.file(key).chmod(0o640)
    assert laboratory.keys.find(key.stored.access_key_id) is None
    (complaint,) = laboratory.complaints
    assert "can be read by other users" in complaint


def test_a_gateway_that_runs_learns_of_new_and_revoked_keys(laboratory: Laboratory) -> None:
    gateway, operator = laboratory.keys, laboratory.open()
    assert gateway.find("AKIANONE") is None
    key = laboratory.create()
    laboratory.clock.advance(1)
    assert gateway.find(key.stored.access_key_id) is not None
    operator.revoke(key.stored.access_key_id)
    assert gateway.find(key.stored.access_key_id) is not None
    laboratory.clock.advance(1)
    assert gateway.find(key.stored.access_key_id) is None


def test_keys_are_listed_by_age(laboratory: Laboratory) -> None:
    assert list(laboratory.keys.list()) == []
    names = ["ann", "bob", "cid"]
    for name in names:
        laboratory.create(name)
        laboratory.clock.advance(1)
    assert [key.name for key in laboratory.keys.list()] == names


@pytest.mark.parametrize("access_key_id", ["AKIAIOSFODNN7EXAMPLE", "../../etc/passwd", ""])
def test_a_key_that_is_not_there_cannot_be_revoked(
    laboratory: Laboratory, access_key_id: str
) -> None:
    with pytest.raises(InputError, match="there is no key"):
        laboratory.keys.revoke(access_key_id)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (b"{}", "this is no key"),
        (b"\xff", "this is no key"),
        (b'"name":"ann"', "this is no key"),
    ],
)
def test_a_damaged_file_is_named_and_the_others_are_good(
    laboratory: Laboratory, damage: bytes, problem: str
) -> None:
    broken, good = laboratory.create(), laboratory.create()
    laboratory.file(broken).write_bytes(damage)
    assert laboratory.keys.find(broken.stored.access_key_id) is None
    assert laboratory.keys.find(good.stored.access_key_id) is not None
    assert [key.access_key_id for key in laboratory.keys.list()] == [good.stored.access_key_id]
    assert problem in laboratory.complaints[0]


def test_a_file_that_was_changed_by_hand_is_checked(laboratory: Laboratory) -> None:
    key = laboratory.create()
    file = laboratory.file(key)
    content = file.read_bytes()
    file.write_bytes(content.replace(b'"Allow"', b'"Perhaps"'))
    assert laboratory.keys.find(key.stored.access_key_id) is None
    assert "neither Allow nor Deny" in laboratory.complaints[0]
    file.rename(laboratory.folder / "AKIAOTHER.json")
    laboratory.clock.advance(1)
    assert laboratory.keys.find("AKIAOTHER") is None
    assert "the file of another key" in laboratory.complaints[1]


def test_a_folder_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    laboratory = Laboratory(tmp_path / "file" / "keys")
    with pytest.raises(InputError, match="the keys cannot be used: Not a directory"):
        laboratory.create()
    assert laboratory.keys.find("AKIA") is None


def test_the_folder_is_bounded(laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch) -> None:
    key = laboratory.create()
    assert laboratory.keys.find(key.stored.access_key_id) is not None
    monkeypatch.setattr(operator_keys, "_KEYS_MAX", 1)
    laboratory.create()
    laboratory.clock.advance(1)
    assert laboratory.keys.find(key.stored.access_key_id) is not None  # what was read stays
    assert "1 are allowed" in laboratory.complaints[0]


def test_keys_live_beside_the_other_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert keys_folder("") == tmp_path / "routekey" / "keys"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert keys_folder("") == tmp_path / ".local" / "share" / "routekey" / "keys"
    assert keys_folder("/srv/data") == Path("/srv/data/keys")
