"""Tags, through AWS's SDK."""

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory
from routekey.testing.apis import REGION

PREFIX = f"arn:aws:apigateway:{REGION}::"


@pytest.fixture
async def arns(client: Client, api_id: str) -> dict[str, str]:
    """Make one of everything that bears tags."""
    await client.create_stage(ApiId=api_id, StageName="dev")
    await client.create_domain_name(DomainName="chat.example.com")
    link = await client.create_vpc_link(Name="inside", SubnetIds=["subnet-1"])
    return {
        "api": f"{PREFIX}/apis/{api_id}",
        "stage": f"{PREFIX}/apis/{api_id}/stages/dev",
        "domain": f"{PREFIX}/domainnames/chat.example.com",
        "link": f"{PREFIX}/vpclinks/{link['VpcLinkId']}",
    }


@pytest.mark.rule("CP-TAG-01", "CP-PROTO-02", "CP-ARN-01")
@pytest.mark.parametrize("kind", ["api", "stage", "domain", "link"])
async def test_tags_are_added_replaced_and_removed(
    client: Client, arns: dict[str, str], kind: str
) -> None:
    arn = arns[kind]
    assert (await client.get_tags(ResourceArn=arn))["Tags"] == {}
    answer = await client.tag_resource(ResourceArn=arn, Tags={"a": "1", "b": "2"})
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    await client.tag_resource(ResourceArn=arn, Tags={"b": "3", "c": ""})
    assert (await client.get_tags(ResourceArn=arn))["Tags"] == {"a": "1", "b": "3", "c": ""}
    answer = await client.untag_resource(ResourceArn=arn, TagKeys=["a", "b", "unknown"])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert (await client.get_tags(ResourceArn=arn))["Tags"] == {"c": ""}


@pytest.mark.rule("CP-TAG-01", "CP-TF-01")
async def test_the_older_api_tags_keys_and_plans(laboratory: Laboratory) -> None:
    v1 = laboratory.client("apigateway")
    key, plan = await v1.create_api_key(), await v1.create_usage_plan(name="plan")
    for arn in (f"{PREFIX}/apikeys/{key['id']}", f"{PREFIX}/usageplans/{plan['id']}"):
        answer = await v1.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
        await v1.untag_resource(resourceArn=arn, tagKeys=["a"])
        assert (await v1.get_tags(resourceArn=arn))["tags"] == {"b": "2"}
    assert (await v1.get_api_key(apiKey=key["id"]))["tags"] == {"b": "2"}
    assert (await v1.get_usage_plan(usagePlanId=plan["id"]))["tags"] == {"b": "2"}


async def test_only_the_resource_that_is_named_has_them(
    client: Client, arns: dict[str, str], api_id: str
) -> None:
    await client.tag_resource(ResourceArn=arns["stage"], Tags={"a": "1"})
    assert (await client.get_stage(ApiId=api_id, StageName="dev"))["Tags"] == {"a": "1"}
    assert "Tags" not in await client.get_api(ApiId=api_id)


@pytest.mark.rule("CP-TAG-01")
@pytest.mark.parametrize(
    "path",
    ["/apis/nothing", "/apis/nothing/stages/dev", "/vpclinks/x", "/domainnames/x", "/birds/x"],
)
async def test_a_resource_that_does_not_exist_has_none(client: Client, path: str) -> None:
    status, name, _ = await client.refuse("get_tags", ResourceArn=PREFIX + path)
    assert (status, name) == (404, "NotFoundException")


async def test_a_stage_that_does_not_exist_has_none(client: Client, api_id: str) -> None:
    arn = f"{PREFIX}/apis/{api_id}/stages/no"
    status, name, _ = await client.refuse("get_tags", ResourceArn=arn)
    assert (status, name) == (404, "NotFoundException")


@pytest.mark.rule("CP-TAG-01")
@pytest.mark.parametrize(
    "tags",
    [{"aws:a": "1"}, {"AWS:a": "1"}, {"": "1"}, {"x" * 129: "1"}, {"a": "x" * 257},
     {f"a{number}": "1" for number in range(51)}],
)  # fmt: skip
async def test_tags_out_of_bounds_are_refused(
    client: Client, arns: dict[str, str], tags: dict[str, str]
) -> None:
    status, name, _ = await client.refuse("tag_resource", ResourceArn=arns["api"], Tags=tags)
    assert (status, name) == (400, "BadRequestException")
