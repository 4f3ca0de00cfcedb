import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.gateway.access_log import AccessLogFormat

CONTEXT = {
    "requestId": "EP5roF2ooAMEP4Q=",
    "routeKey": "$default",
    "status": 200,
    "identity": {"sourceIp": "203.0.113.7", "userAgent": "evil\nagent"},
    "authorizer": {"a.b": "dotted"},
    "isBase64Encoded": False,
}


@pytest.mark.rule("DP-MON-11", "DP-MON-12", "DP-MON-13")
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("plain", "plain"),
        ("$context.requestId", "EP5roF2ooAMEP4Q="),
        ('{"r":"$context.routeKey","s":$context.status}', '{"r":"$default","s":200}'),
        ("$context.identity.sourceIp.", "203.0.113.7."),
        ("[$context.identity.userAgent]", "[evil agent]"),
        ("$context.authorizer.a.b", "dotted"),
        ("$context.isBase64Encoded", "false"),
        ("$context.unknown $context.identity $context.requestId.deeper", "- - -"),
        ("$context. $other.x $", "$context. $other.x $"),
    ],
)
def test_variables_are_filled_in_and_unset_ones_are_a_dash(text: str, line: str) -> None:
    assert AccessLogFormat.parse(text).render(CONTEXT) == line


@given(st.text())
def test_any_text_is_a_format(text: str) -> None:
    line = AccessLogFormat.parse(text).render({})
    assert "\n" not in line
