"""Custom domain names, through AWS's SDK."""

from typing import Any

import pytest

from endpoints.control_plane.laboratory import Client, told
from routekey.testing.apis import REGION

NAME = "chat.example.com"
CERTIFICATE = "arn:aws:acm:eu-west-2:123456789012:certificate/1"


@pytest.mark.rule("CP-DOM-02", "CP-ARN-01")
async def test_a_domain_name_is_available_at_once(client: Client) -> None:
    configuration = {
        "CertificateArn": CERTIFICATE,
        "EndpointType": "REGIONAL",
        "SecurityPolicy": "TLS_1_2",
    }
    answer = told(
        await client.create_domain_name(
            DomainName=NAME, DomainNameConfigurations=[configuration], Tags={"team": "chat"}
        )
    )
    (shown,) = answer["DomainNameConfigurations"]
    assert shown.items() >= configuration.items()
    assert shown["DomainNameStatus"] == "AVAILABLE"
    assert shown["ApiGatewayDomainName"].startswith("d-")
    assert shown["ApiGatewayDomainName"].endswith(f".execute-api.{REGION}.amazonaws.com")
    assert answer == {
        "ApiMappingSelectionExpression": "$request.basepath",
        "DomainName": NAME,
        "DomainNameArn": f"arn:aws:apigateway:{REGION}::/domainnames/{NAME}",
        "DomainNameConfigurations": [shown],
        "RoutingMode": "API_MAPPING_ONLY",
        "Tags": {"team": "chat"},
    }
    assert told(await client.get_domain_name(DomainName=NAME)) == answer
    assert (await client.get_domain_names())["Items"] == [answer]


async def test_an_update_keeps_the_name_that_dns_points_at(client: Client) -> None:
    made = await client.create_domain_name(DomainName=NAME)
    changed = await client.update_domain_name(
        DomainName=NAME, DomainNameConfigurations=[{"CertificateArn": CERTIFICATE}]
    )
    before, after = made["DomainNameConfigurations"][0], changed["DomainNameConfigurations"][0]
    assert after["ApiGatewayDomainName"] == before["ApiGatewayDomainName"]
    assert after["CertificateArn"] == CERTIFICATE


@pytest.mark.rule("CP-DOM-04")
async def test_there_is_one_of_a_name_until_it_is_deleted(client: Client) -> None:
    await client.create_domain_name(DomainName=NAME)
    text = "The domain name resource already exists."
    refusal = await client.refuse("create_domain_name", DomainName=NAME)
    assert refusal == (409, "ConflictException", text)
    await client.delete_domain_name(DomainName=NAME)
    text = "The domain name resource specified in the request was not found."
    for name in ("get_domain_name", "update_domain_name", "delete_domain_name"):
        refusal = await client.refuse(name, DomainName=NAME)
        assert refusal == (404, "NotFoundException", text)


@pytest.mark.rule("CP-DOM-07")
async def test_a_wildcard_is_a_domain_name(client: Client) -> None:
    await client.create_domain_name(DomainName="*.example.com")


@pytest.mark.rule("CP-DOM-01", "CP-DOM-06")
@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"DomainName": "no spaces.example.com"}, "Invalid domain name"),
        ({"DomainName": "a.*.com"}, "Invalid domain name"),
        ({"DomainNameConfigurations": [{"EndpointType": "EDGE"}]}, "Must be REGIONAL"),
        ({"MutualTlsAuthentication": {"TruststoreUri": "s3://x/y"}},
         "Mutual TLS domain name association is not supported for Websocket APIs."),
    ],
)  # fmt: skip
async def test_what_a_domain_name_cannot_be_is_refused(
    client: Client, members: dict[str, Any], text: str
) -> None:
    given = {"DomainName": NAME, **members}
    status, name, message = await client.refuse("create_domain_name", **given)
    assert (status, name) == (400, "BadRequestException")
    assert text in message
