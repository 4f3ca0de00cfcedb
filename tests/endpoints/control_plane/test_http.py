"""The control plane over HTTP: who may ask, and answers for what is no operation."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials

from endpoints.control_plane.functions_laboratory import open_laboratory
from endpoints.control_plane.laboratory import Client, Laboratory, ask
from routekey.endpoints.control_plane.http import BODY_BYTES_MAX, name_resource
from routekey.languages.iam import parse_policy
from routekey.resources.identity import Principal
from routekey.resources.store import StoreError
from routekey.testing.apis import ACCOUNT_ID, REGION

MINIMUM = {
    "Name": "chat",
    "ProtocolType": "WEBSOCKET",
    "RouteSelectionExpression": "$request.body.action",
}


def user(*statements: dict[str, Any]) -> Principal:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return Principal(
        arn=f"arn:aws:iam::{ACCOUNT_ID}:user/ada",
        account=ACCOUNT_ID,
        user_id="AIDAEXAMPLE",
        policies=(parse_policy(document),),
    )


@pytest.mark.rule("CP-PROTO-03")
async def test_a_refusal_is_told_by_header_and_body(laboratory: Laboratory) -> None:
    status, headers, body = await ask(laboratory, "GET", "/v2/apis/nothing")
    assert status == 404
    assert headers["x-amzn-errortype"] == "NotFoundException"
    assert headers["x-amzn-requestid"]
    text = f"Invalid API identifier specified {ACCOUNT_ID}:nothing"
    assert body == f'{{"message":"{text}"}}'.encode()


@pytest.mark.rule("CP-OPS-01")
@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("PUT", "/v2/apis", "ImportApi"),
        ("GET", "/v2/apis/a/exports/OAS30", "ExportApi"),
        ("DELETE", "/v2/apis/a/cors", "DeleteCorsConfiguration"),
        ("GET", "/v2/portals", "ListPortals"),
        ("GET", "/v2/nothing", "GET /v2/nothing"),
        ("POST", "/restapis", "CreateRestApi"),
        ("GET", "/clientcertificates/x", "GetClientCertificate"),
    ],
)
async def test_an_operation_that_is_not_here_says_so(
    laboratory: Laboratory, method: str, path: str, name: str
) -> None:
    status, headers, body = await ask(laboratory, method, path)
    assert (status, headers["x-amzn-errortype"]) == (404, "UnknownOperationException")
    assert name in body.decode()


async def test_a_body_that_is_no_json_is_refused(laboratory: Laboratory) -> None:
    status, headers, _ = await ask(laboratory, "POST", "/v2/apis", b"{")
    assert (status, headers["x-amzn-errortype"]) == (400, "BadRequestException")


async def test_a_body_that_is_too_large_is_refused(laboratory: Laboratory) -> None:
    status, headers, _ = await ask(laboratory, "POST", "/v2/apis", b" " * (BODY_BYTES_MAX + 1))
    assert (status, headers["x-amzn-errortype"]) == (413, "RequestEntityTooLargeException")


async def test_a_failure_of_our_own_is_500_and_logged(
    laboratory: Laboratory, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    class FullDisk:
        async def write(self, _: object) -> None:
            raise StoreError("the disk is full")

        async def close(self) -> None:
            """Nothing is open."""

    laboratory.plane._store = FullDisk()  # type: ignore[assignment]  # it is never read
    status, name, text = await client.refuse("create_api", **MINIMUM)
    assert (status, name, text) == (500, "InternalServerErrorException", "Internal server error")
    assert "the disk is full" in caplog.text
    assert (await client.get_apis())["Items"] == []


@pytest.mark.rule("SEC-ERR-01")
async def test_without_a_signature_strict_admission_lets_nobody_in() -> None:
    async with Laboratory(is_strict=True) as laboratory:
        status, headers, _ = await ask(laboratory, "GET", "/v2/apis", headers={})
        assert (status, headers["x-amzn-errortype"]) == (403, "MissingAuthenticationTokenException")


@pytest.mark.rule("SEC-ERR-03")
async def test_an_unknown_key_is_refused_where_strangers_are() -> None:
    async with Laboratory(is_strict=True) as laboratory:
        status, name, _ = await laboratory.client().refuse("get_apis")
        assert (status, name) == (403, "UnrecognizedClientException")


SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKIANOBODY/20261123/eu-west-2/apigateway/aws4_request, "
    "SignedHeaders=host, Signature=00"
)


@pytest.mark.rule("SEC-ERR-01", "SEC-ERR-03")
@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({}, b"MissingAuthenticationTokenException"),
        ({"Authorization": SIGNED, "X-Amz-Date": "20261123T080000Z"}, b"UnrecognizedClient"),
    ],
)
@pytest.mark.parametrize("path", ["/v2/apis", "/2015-03-31/functions"])
async def test_the_body_of_a_stranger_is_not_waited_for(
    tmp_path: Path, path: str, headers: dict[str, str], name: bytes
) -> None:
    """It may have 70 MB, which would be kept until the signature over it is checked."""
    async with open_laboratory(tmp_path, is_strict=True) as laboratory:
        port = int(laboratory.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        fields = {"Host": "localhost", "Content-Length": "70000000", **headers}
        lines = "".join(f"{key}: {value}\r\n" for key, value in fields.items())
        writer.write(f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode())
        assert await reader.readline() == b"HTTP/1.1 403 Forbidden\r\n"
        assert name in await reader.readuntil(b"\r\n\r\n")
        writer.close()


async def test_a_key_with_a_wrong_secret_is_refused(laboratory: Laboratory) -> None:
    key = laboratory.give_key(user({"Effect": "Allow", "Action": "*", "Resource": "*"}))
    client = laboratory.client(**{**key, "aws_secret_access_key": "wrong"})
    status, name, _ = await client.refuse("get_apis")
    assert (status, name) == (403, "InvalidSignatureException")


@pytest.mark.rule("SEC-ERR-20", "CP-ARN-01")
async def test_policies_decide_by_method_and_path(laboratory: Laboratory, api_id: str) -> None:
    root = f"arn:aws:apigateway:{REGION}::"
    key = laboratory.give_key(
        user({"Effect": "Allow", "Action": "apigateway:GET", "Resource": f"{root}/apis/*"})
    )
    client = laboratory.client(**key)
    assert (await client.get_api(ApiId=api_id))["ApiId"] == api_id
    status, name, text = await client.refuse("delete_api", ApiId=api_id)
    assert (status, name) == (403, "AccessDeniedException")
    assert f"not authorized to perform: apigateway:DELETE on resource: {root}/apis/{api_id}" in text
    status, name, _ = await client.refuse("get_apis")
    assert (status, name) == (403, "AccessDeniedException")


PASS = {
    "Effect": "Allow",
    "Action": "iam:PassRole",
    "Resource": f"arn:aws:iam::{ACCOUNT_ID}:role/queue",
    "Condition": {"StringEquals": {"iam:PassedToService": "apigateway.amazonaws.com"}},
}


@pytest.mark.parametrize(
    ("role", "is_allowed"),
    [
        (f"arn:aws:iam::{ACCOUNT_ID}:role/queue", True),
        (f"arn:aws:iam::{ACCOUNT_ID}:role/admin", False),
        ("arn:aws:iam::*:user/*", True),
    ],
)
async def test_whoever_names_a_role_has_to_be_allowed_to_pass_it_on(
    laboratory: Laboratory, api_id: str, role: str, is_allowed: bool
) -> None:
    """Else who may make integrations could act in any role that API Gateway may take."""
    making = {"Effect": "Allow", "Action": "apigateway:*", "Resource": "*"}
    client = laboratory.client(**laboratory.give_key(user(making, PASS)))
    wish = {
        "ApiId": api_id,
        "IntegrationType": "AWS",
        "IntegrationMethod": "POST",
        "IntegrationUri": f"arn:aws:apigateway:{REGION}:sqs:path/{ACCOUNT_ID}/jobs",
        "CredentialsArn": role,
    }
    if is_allowed:
        assert (await client.create_integration(**wish))["CredentialsArn"] == role
    else:
        status, name, text = await client.refuse("create_integration", **wish)
        assert (status, name) == (403, "AccessDeniedException")
        assert f"not authorized to perform: iam:PassRole on resource: {role} because" in text


async def test_a_client_of_another_region_is_served(laboratory: Laboratory, api_id: str) -> None:
    key = laboratory.give_key(user({"Effect": "Allow", "Action": "*", "Resource": "*"}))
    client = laboratory.client(**key, region_name="ap-southeast-2")
    assert (await client.get_api(ApiId=api_id))["ApiId"] == api_id


@pytest.mark.rule("CP-PROTO-08")
async def test_edits_at_once_wait_for_each_other_and_none_is_lost(laboratory: Laboratory) -> None:
    client = laboratory.client(config=Config(max_pool_connections=32))
    api_id = (await client.create_api(**MINIMUM))["ApiId"]

    async def edit(number: int) -> None:
        for turn in range(10):
            await client.tag_resource(
                ResourceArn=f"arn:aws:apigateway:{REGION}::/apis/{api_id}",
                Tags={f"tag{number}": str(turn)},
            )

    await asyncio.gather(*(edit(number) for number in range(20)))
    tags = (await client.get_api(ApiId=api_id))["Tags"]
    assert tags == {f"tag{number}": "9" for number in range(20)}


@pytest.mark.rule("CP-ARN-01")
@pytest.mark.parametrize("path", ["/apis/abc", "/apis/%61bc", "/apis/abc/", "/%61pis/a%62c"])
def test_a_resource_has_one_name_however_its_path_is_spelled(path: str) -> None:
    assert name_resource(REGION, path) == f"arn:aws:apigateway:{REGION}::/apis/abc"


@pytest.mark.rule("CP-ARN-01")
@pytest.mark.parametrize("arn", ["arn:aws:x::/apis/a", "arn%3Aaws%3Ax%3A%3A%2Fapis%2Fa"])
def test_what_bears_tags_is_named_by_its_arn_encoded(arn: str) -> None:
    encoded = "arn%3Aaws%3Ax%3A%3A%2Fapis%2Fa"
    assert name_resource(REGION, f"/tags/{arn}") == f"arn:aws:apigateway:{REGION}::/tags/{encoded}"


@pytest.mark.rule("CP-ARN-01")
@pytest.mark.parametrize("start", ["arn:aws:apigateway:xx-east-1", "arn:aws-cn:apigateway:"])
def test_what_bears_tags_has_one_name_whatever_region_its_arn_names(start: str) -> None:
    encoded = f"arn%3Aaws%3Aapigateway%3A{REGION}%3A%3A%2Fapis%2Fa"
    name = name_resource(REGION, f"/tags/{start}::/apis/a")
    assert name == f"arn:aws:apigateway:{REGION}::/tags/{encoded}"


async def test_a_denied_path_stays_denied_however_it_is_spelled(
    laboratory: Laboratory, api_id: str
) -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    resource = f"arn:aws:apigateway:{REGION}::/apis/{api_id}"
    denial = {"Effect": "Deny", "Action": "apigateway:*", "Resource": resource}
    key = laboratory.give_key(user(everything, denial))
    request = AWSRequest("GET", f"{laboratory.url}/v2/apis/%{ord(api_id[0]):x}{api_id[1:]}")
    keys = ReadOnlyCredentials(key["aws_access_key_id"], key["aws_secret_access_key"], None)
    SigV4Auth(keys, "apigateway", REGION).add_auth(request)
    path = (request.url or "").removeprefix(laboratory.url)
    status, headers, _ = await ask(laboratory, "GET", path, headers=dict(request.headers))
    assert (status, headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
