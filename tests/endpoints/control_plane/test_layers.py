"""Layers, through AWS's SDK, and functions that have them."""

from typing import Any

import pytest

from endpoints.control_plane.functions_laboratory import minimum, pack
from endpoints.control_plane.laboratory import Client, told
from routekey.testing.apis import ACCOUNT_ID, REGION

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:layer:words"
USES = "import words\n\ndef handler(event, context):\n    return words.HELLO\n"


def content(text: str) -> dict[str, Any]:
    """Zip one Python module, where Lambda looks for a layer's."""
    return {
        "LayerName": "words",
        "Content": {"ZipFile": pack(f"HELLO = {text!r}\n", "python/words.py")},
    }


async def call(functions: Client) -> bytes:
    return bytes((await functions.invoke(FunctionName="echo"))["Payload"].read())


@pytest.mark.rule("LAM-CTL-01")
async def test_a_version_is_published_told_listed_and_deleted(functions: Client) -> None:
    given = {"CompatibleRuntimes": ["python3.12"], "Description": "x", "LicenseInfo": "MIT"}
    answer = await functions.publish_layer_version(**content("one"), **given)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    first = told(answer)
    assert first.items() >= given.items()
    assert (first["LayerArn"], first["LayerVersionArn"]) == (ARN, f"{ARN}:1")
    here = {"LayerName": "words", "VersionNumber": 1}
    assert told(await functions.get_layer_version(**here)) == first
    await functions.publish_layer_version(**content("two"))
    page = await functions.list_layer_versions(LayerName=ARN, MaxItems=1)
    rest = await functions.list_layer_versions(LayerName=ARN, Marker=page["NextMarker"])
    versions = [one["Version"] for one in [*page["LayerVersions"], *rest["LayerVersions"]]]
    assert versions == [2, 1]
    (layer,) = (await functions.list_layers())["Layers"]
    assert layer["LatestMatchingVersion"]["LayerVersionArn"] == f"{ARN}:2"
    await functions.delete_layer_version(**here)
    await functions.delete_layer_version(**here)
    assert (await functions.refuse("get_layer_version", **here))[0] == 404


@pytest.mark.rule("LAM-ENV-06")
async def test_a_function_has_its_layers_even_when_they_are_deleted(functions: Client) -> None:
    await functions.publish_layer_version(**content("one"))
    made = await functions.create_function(**minimum(USES, Layers=[f"{ARN}:1"]))
    assert [layer["Arn"] for layer in made["Layers"]] == [f"{ARN}:1"]
    await functions.delete_layer_version(LayerName="words", VersionNumber=1)
    assert await call(functions) == b'"one"'
    second = await functions.publish_layer_version(**content("two"))
    assert second["Version"] == 2
    here = {"FunctionName": "echo"}
    await functions.update_function_configuration(**here, Layers=[f"{ARN}:2"])
    assert await call(functions) == b'"two"'
    answer = await functions.update_function_configuration(**here, Layers=[])
    assert "Layers" not in answer


@pytest.mark.rule("LAM-CTL-02")
async def test_a_function_has_five_layers_that_exist(functions: Client) -> None:
    for layers, text in (
        ([f"{ARN}:7"], f"Layer version {ARN}:7 does not exist."),
        ([f"{ARN}:{number}" for number in range(1, 7)], "Cannot reference more than 5 layers."),
    ):
        refusal = await functions.refuse("create_function", **minimum(Layers=layers))
        assert refusal == (400, "InvalidParameterValueException", text)
