"""Code from S3, and code that is given out again, through AWS's SDK and on a real socket."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from endpoints.control_plane.functions_laboratory import ROLE, minimum, open_laboratory, pack
from endpoints.control_plane.laboratory import serve_iam
from routekey.adapters.aws_services import EmbeddedServices
from routekey.endpoints.lambda_packages import LINK_SECONDS
from routekey.resources.function import Code, Function, PackageType
from routekey.resources.project import Project, with_origins
from routekey.testing.apis import ACCOUNT_ID, REGION
from routekey.testing.fakes import FakeClock

DOUBLE = "def handler(event, context):\n    return 2 * event\n"
IN_S3 = {"S3Bucket": "code", "S3Key": "app.zip"}


@pytest.fixture
async def services() -> AsyncIterator[EmbeddedServices]:
    embedded = EmbeddedServices(REGION, ACCOUNT_ID, lambda _: None)
    make: Any = boto3.client  # its overloads want a literal
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    client = make("s3", region_name=REGION, endpoint_url=await embedded.endpoint(), **keys)
    client.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
    client.put_object(Bucket="code", Key="app.zip", Body=pack(DOUBLE))
    client.put_object(Bucket="code", Key="text.zip", Body=b"text")
    client.close()
    yield embedded
    await embedded.close()


async def get(url: str) -> tuple[int, bytes]:
    def ask() -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    return await asyncio.to_thread(ask)


@pytest.mark.rule("LAM-CTL-01", "LAM-CTL-02")
async def test_code_in_s3_runs(tmp_path: Path, services: EmbeddedServices) -> None:
    async with open_laboratory(tmp_path, find_services=services.endpoint) as laboratory:
        client = laboratory.client("lambda")
        made = await client.create_function(**{**minimum(), "Code": IN_S3})
        assert made["CodeSize"] == len(pack(DOUBLE))
        answer = await client.invoke(FunctionName="echo", Payload=b"21")
        assert json.loads(answer["Payload"].read()) == 42
        layer = await client.publish_layer_version(LayerName="shared", Content=IN_S3)
        assert layer["Content"]["CodeSha256"] == made["CodeSha256"]
        for key, text in (
            ("none.zip", "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error "),
            ("text.zip", "Could not unzip uploaded file."),
        ):
            refused = await client.refuse(
                "update_function_code", FunctionName="echo", S3Bucket="code", S3Key=key
            )
            assert refused[:2] == (400, "InvalidParameterValueException")
            assert refused[2].startswith(text)


async def test_code_in_s3_is_for_those_who_may_read_it(
    tmp_path: Path, services: EmbeddedServices
) -> None:
    async with open_laboratory(tmp_path, serve_iam, find_services=services.endpoint) as laboratory:
        iam = laboratory.client("iam")
        await iam.create_user(UserName="ada")
        key = (await iam.create_access_key(UserName="ada"))["AccessKey"]
        ada = laboratory.client(
            "lambda",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )

        async def allow(*actions: str) -> None:
            statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": statement})
            await iam.put_user_policy(UserName="ada", PolicyName="p", PolicyDocument=document)

        wanted = {**minimum(), "Code": IN_S3}
        await allow("lambda:*", "iam:PassRole")
        refused = await ada.refuse("create_function", **wanted)
        assert refused[:2] == (403, "AccessDeniedException")
        assert refused[2].startswith("Your access has been denied by S3, ")
        assert "GetObject for code/app.zip" in refused[2]
        await allow("lambda:*", "iam:PassRole", "s3:GetObject")
        await ada.create_function(**wanted)


async def test_s3_may_say_no_itself(tmp_path: Path) -> None:
    denied = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n" % len(denied))
        writer.write(denied)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]

    async def find() -> str:
        return f"http://127.0.0.1:{port}"

    async with server, open_laboratory(tmp_path, find_services=find) as laboratory:
        client = laboratory.client("lambda")
        refused = await client.refuse("create_function", **{**minimum(), "Code": IN_S3})
        assert refused[:2] == (403, "AccessDeniedException")


async def test_code_is_given_out_for_ten_minutes(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_laboratory(tmp_path, clock=clock) as laboratory:
        client = laboratory.client("lambda")
        await client.create_function(**minimum())
        package = minimum()["Code"]["ZipFile"]
        url = (await client.get_function(FunctionName="echo"))["Code"]["Location"]
        assert url.startswith(f"{laboratory.url}/")
        assert await get(url) == (200, package)
        layer = await client.publish_layer_version(
            LayerName="shared", Content={"ZipFile": pack(DOUBLE)}
        )
        assert await get(layer["Content"]["Location"]) == (200, pack(DOUBLE))
        for changed in (
            url.replace("Expires=", "Expires=9"),
            url.replace("Signature=", "Signature=0"),
            url.partition("?")[0],
        ):
            status, text = await get(changed)
            assert status == 403
            assert b"<Code>SignatureDoesNotMatch</Code>" in text
        clock.advance(LINK_SECONDS + 1)
        status, text = await get(url)
        assert status == 403
        assert b"Request has expired" in text


async def test_code_that_is_gone_is_not_found(tmp_path: Path) -> None:
    async with open_laboratory(tmp_path) as laboratory:
        client = laboratory.client("lambda")
        await client.create_function(**minimum())
        url = (await client.get_function(FunctionName="echo"))["Code"]["Location"]
        for file in (tmp_path / "code").iterdir():
            file.unlink()
        status, text = await get(url)
        assert status == 404
        assert b"<Code>NoSuchKey</Code>" in text


async def test_code_of_a_project_has_no_address(tmp_path: Path) -> None:
    async with open_laboratory(tmp_path) as laboratory:
        function = Function(
            function_name="here",
            role=ROLE,
            runtime="python3.11",
            handler="index.handler",
            code=Code(package_type=PackageType.INLINE, text=DOUBLE),
        )
        project = Project(region=REGION, account_id=ACCOUNT_ID, functions=(function,))
        await laboratory.plane.load_project(with_origins(project))
        told = await laboratory.client("lambda").get_function(FunctionName="here")
        assert told["Code"] == {"RepositoryType": "S3"}
