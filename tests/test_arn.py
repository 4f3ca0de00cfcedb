import pytest

from routekey.arn import Arn, callback_arn, function_arn, mask_account, route_arn
from routekey.ids import AccountId, ApiId, RouteKey, StageName

ACCOUNT = AccountId("123456789012")


def test_an_arn_is_taken_apart_and_put_together() -> None:
    text = "arn:aws:lambda:eu-west-2:123456789012:function:echo:live"
    arn = Arn.parse(text)
    assert arn is not None
    assert (arn.service, arn.resource) == ("lambda", "function:echo:live")
    assert str(arn) == text


@pytest.mark.parametrize("text", ["", "arn:aws:lambda", "urn:aws:a:b:c:d", "not an arn"])
def test_other_text_is_no_arn(text: str) -> None:
    assert Arn.parse(text) is None


@pytest.mark.rule("DP-AUT-02", "CP-ARN-02")
def test_a_route_s_arn_ends_in_its_key() -> None:
    arn = route_arn("eu-west-2", ACCOUNT, ApiId("abc"), StageName("dev"), RouteKey("$connect"))
    assert arn == "arn:aws:execute-api:eu-west-2:123456789012:abc/dev/$connect"


@pytest.mark.rule("DP-MGM-05", "SEC-IAM-04")
def test_a_callback_s_arn_holds_the_literal_template() -> None:
    arn = callback_arn("eu-west-2", ACCOUNT, ApiId("abc"), StageName("dev"), "POST")
    assert arn.endswith(":abc/dev/POST/@connections/{connectionId}")


def test_a_function_s_arn_may_be_qualified() -> None:
    assert function_arn("eu-west-2", ACCOUNT, "echo", "live").endswith(":function:echo:live")
    assert function_arn("eu-west-2", ACCOUNT, "echo").endswith(":function:echo")


@pytest.mark.rule("SEC-ERR-20")
def test_denials_mask_the_account() -> None:
    masked = mask_account("arn:aws:execute-api:eu-west-2:123456789012:abc/dev/$connect")
    assert masked == "arn:aws:execute-api:eu-west-2:********9012:abc/dev/$connect"
    assert mask_account("nothing") == "nothing"
