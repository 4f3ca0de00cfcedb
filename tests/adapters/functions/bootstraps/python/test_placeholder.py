import sys
from types import ModuleType

import pytest

from routekey.adapters.functions.bootstraps.python.placeholder import fill_in

URL = "https://6behyoa40f.execute-api.eu-west-2.amazonaws.com/dev"


class Session:
    """botocore's, as far as it matters here."""

    def create_client(self, service_name: str, **options: object) -> tuple[str, object]:
        return service_name, options.get("endpoint_url")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    module = ModuleType("botocore.session")
    fresh = type("Session", (Session,), {})
    monkeypatch.setattr(module, "Session", fresh, raising=False)
    monkeypatch.setitem(sys.modules, "botocore.session", module)
    fill_in(URL)
    made: Session = fresh()
    return made


@pytest.mark.parametrize(
    ("service", "endpoint", "used"),
    [
        ("apigatewaymanagementapi", "xxxxxxxxxx.com/production", URL),
        ("apigatewaymanagementapi", "https://example.com/prod", "https://example.com/prod"),
        ("apigatewaymanagementapi", None, None),
        ("dynamodb", "localhost:8000", "localhost:8000"),
    ],
)
def test_only_a_management_client_without_an_address_is_given_one(
    session: Session, service: str, endpoint: str | None, used: str | None
) -> None:
    assert session.create_client(service, endpoint_url=endpoint) == (service, used)


def test_the_log_says_what_aws_would_do(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    session.create_client("apigatewaymanagementapi", endpoint_url="xxx.com/production")
    assert "'xxx.com/production' has no scheme: on AWS boto3 refuses it" in capsys.readouterr().err


def test_a_function_with_an_sdk_of_its_own_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    sys.modules.pop("botocore.session", None)
    fill_in(URL)
    assert "botocore.session" not in sys.modules
