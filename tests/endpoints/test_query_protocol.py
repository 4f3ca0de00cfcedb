from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.endpoints.query_protocol import (
    QueryError,
    parse_form,
    read_list,
    render_error,
    render_result,
)


def test_a_form_is_read_from_query_and_body() -> None:
    form = parse_form("Action=a&Version=1", b"Version=2&Empty=&Name=a%26b+c")
    assert form == {"Action": "a", "Version": "2", "Empty": "", "Name": "a&b c"}


@pytest.mark.parametrize("body", [b"\xff", b"&".join([b"a=1"] * 501)])
def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(QueryError) as caught:
        parse_form("", body)
    assert (caught.value.code, caught.value.status) == ("MalformedQueryString", 400)


def test_a_list_is_read_by_number() -> None:
    form = {
        "Tags.member.10.Key": "c",
        "Tags.member.2.Key": "b",
        "Tags.member.2.Value": "2",
        "Tags.member.x.Key": "no",
        "Tags.member.²": "no",
        f"Tags.member.{'9' * 5000}.Key": "no",
        "Other.member.1.Key": "no",
    }
    assert read_list(form, "Tags") == ({"Key": "b", "Value": "2"}, {"Key": "c"})


def test_a_result_is_written_like_this() -> None:
    answer = render_result("Act", (("A", (("B", "<&>"),)),), namespace="urn:x", request_id="r")
    assert answer.body.decode() == (
        '<ActResponse xmlns="urn:x">\n'
        "  <ActResult>\n"
        "    <A>\n"
        "      <B>&lt;&amp;&gt;</B>\n"
        "    </A>\n"
        "  </ActResult>\n"
        "  <ResponseMetadata>\n"
        "    <RequestId>r</RequestId>\n"
        "  </ResponseMetadata>\n"
        "</ActResponse>\n"
    )
    assert answer.status == 200
    assert answer.headers == (("x-amzn-RequestId", "r"), ("Content-Type", "text/xml"))


@given(st.text())
def test_any_message_makes_xml_that_can_be_read(message: str) -> None:
    answer = render_error(QueryError("Code", message, 403), namespace="urn:x", request_id="r")
    root = ET.fromstring(answer.body)
    assert root.findtext("{urn:x}Error/{urn:x}Code") == "Code"
    assert answer.status == 403
