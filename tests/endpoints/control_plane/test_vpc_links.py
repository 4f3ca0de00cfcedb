"""VPC links, through AWS's SDK."""

import pytest

from endpoints.control_plane.laboratory import Client, told


@pytest.mark.rule("CP-VPC-01", "CP-PROTO-02")
async def test_a_vpc_link_is_available_at_once_and_deleted_with_202(client: Client) -> None:
    given = {
        "Name": "inside",
        "SecurityGroupIds": ["sg-1"],
        "SubnetIds": ["subnet-1", "subnet-2"],
        "Tags": {"team": "chat"},
    }
    answer = told(await client.create_vpc_link(**given))
    assert answer == {
        **given,
        "CreatedDate": answer["CreatedDate"],
        "VpcLinkId": answer["VpcLinkId"],
        "VpcLinkStatus": "AVAILABLE",
        "VpcLinkVersion": "V2",
    }
    here = {"VpcLinkId": answer["VpcLinkId"]}
    assert told(await client.get_vpc_link(**here)) == answer
    assert (await client.get_vpc_links())["Items"] == [answer]
    assert (await client.update_vpc_link(**here, Name="other"))["Name"] == "other"
    gone = await client.delete_vpc_link(**here)
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 202
    text = f"Invalid VpcLink identifier specified {here['VpcLinkId']}"
    assert await client.refuse("get_vpc_link", **here) == (404, "NotFoundException", text)


async def test_it_has_subnets(client: Client) -> None:
    refusal = await client.refuse("create_vpc_link", Name="inside")
    assert refusal == (400, "BadRequestException", "Subnet ids is required")
