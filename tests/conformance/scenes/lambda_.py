"""What `lambda` asks for beyond its model."""

import base64
from itertools import count

from hypothesis import strategies as st

from conformance.scene import Maker, Pages, Scene, Walk
from conformance.scenes.words import IDENTIFIERS, NAMES, ROLES, TAGS, WORDS
from endpoints.control_plane.functions_laboratory import ECHO, pack
from routekey.endpoints.lambda_api import _ACTIONS
from routekey.testing.apis import ACCOUNT_ID, REGION

PREFIX = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}"
FROM_ELSEWHERE = {
    "ImageUri": "test_functions.py: not together with a ZipFile, as what follows",
    "S3Bucket": "test_lambda_packages.py",
    "S3Key": "test_lambda_packages.py",
    "S3ObjectStorageMode": "test_lambda_packages.py",
    "S3ObjectVersion": "test_lambda_packages.py",
    "SourceKMSKeyArn": "of code in S3",
}
A_WISH = "a wish, and no state"
OF_OTHERS = "of sources that are not read here"
WITHOUT = "taken, and without effect here"


HANDLERS = map("app.handler{}".format, count())


def find_revision(walk: Walk) -> str:
    asked = {"FunctionName": walk.place("FunctionName")}
    return str(walk.ask("GetFunctionConfiguration", asked)["RevisionId"])


def find_policy_revision(walk: Walk) -> str:
    walk.place("RemoveLayerVersionPermission.StatementId")
    names = ("LayerName", "VersionNumber")
    return str(
        walk.ask("GetLayerVersionPolicy", {name: walk.place(name) for name in names})["RevisionId"]
    )


def publish_another(walk: Walk) -> st.SearchStrategy[dict[str, float]]:
    """Publish a second version, of something else."""
    walk.place("Qualifier")
    here = {"FunctionName": walk.place("FunctionName")}
    walk.ask("UpdateFunctionConfiguration", {**here, "Handler": next(HANDLERS)})
    version = walk.ask("PublishVersion", here)["Version"]
    return st.floats(0, 1).map(lambda weight: {version: weight})


LAMBDA = Scene(
    service="lambda",
    operations=sorted({*_ACTIONS, "Invoke"}),
    refusal=(400, "ValidationException"),
    missing="Value null at '{}' failed to satisfy constraint: Member must not be null",
    unknown=(404, "ResourceNotFoundException"),
    pages=Pages(
        token="Marker",
        next_token="NextMarker",
        limit="MaxItems",
        number=int,
        broken=({"MaxItems": 0}, {"MaxItems": 10_001}),
    ),
    makers={
        "Arn": Maker(operation="PublishLayerVersion", member="LayerVersionArn"),
        "CreateAlias.FunctionVersion": Maker(operation="PublishVersion", member="Version"),
        "FunctionName": Maker(operation="CreateFunction", member="FunctionName"),
        "LayerName": Maker(operation="PublishLayerVersion", member="LayerName"),
        "ListAliases.FunctionVersion": Maker(operation="PublishVersion", member="Version"),
        "Name": Maker(operation="CreateAlias", member="Name"),
        "Qualifier": Maker(operation="PublishVersion", member="Version"),
        "RemoveLayerVersionPermission.StatementId": Maker(
            operation="AddLayerVersionPermission", member="StatementId"
        ),
        "RemovePermission.StatementId": Maker(operation="AddPermission", member="StatementId"),
        "UUID": Maker(operation="CreateEventSourceMapping", member="UUID"),
        "UpdateAlias.FunctionVersion": Maker(operation="PublishVersion", member="Version"),
        "VersionNumber": Maker(operation="PublishLayerVersion", member="Version"),
        **{
            f"{verb}FunctionEventInvokeConfig.Qualifier": Maker(
                operation="PutFunctionEventInvokeConfig", member="Qualifier"
            )
            for verb in ("Delete", "Get", "Update")
        },
    },
    wanted={
        "CreateEventSourceMapping": ("EventSourceArn", "Enabled", "StartingPosition"),
        "CreateFunction": ("Handler", "Runtime"),
        "PutFunctionEventInvokeConfig": ("MaximumRetryAttempts", "Qualifier"),
        "RemovePermission": ("Qualifier",),
        "AddPermission": ("Qualifier",),
    },
    needs={
        "GetLayerVersionPolicy": ("RemoveLayerVersionPermission.StatementId",),
        "GetPolicy": ("RemovePermission.StatementId",),
    },
    elsewhere=FROM_ELSEWHERE,
    variants={"UpdateFunctionCode": (frozenset(FROM_ELSEWHERE),)},
    values={
        "AddLayerVersionPermission.Action": st.just("lambda:GetLayerVersion"),
        "AddLayerVersionPermission.Principal": st.just("*"),
        "AdditionalVersionWeights": publish_another,
        "AddPermission.Action": st.just("lambda:InvokeFunction"),
        "AddPermission.Principal": st.just("apigateway.amazonaws.com"),
        "BatchSize": st.integers(1, 100),
        "ClientContext": WORDS.map(
            lambda word: base64.b64encode(f'{{"a":"{word}"}}'.encode()).decode()
        ),
        "Code": st.just({"ZipFile": pack(ECHO)}),
        "CodeSha256": lambda walk: walk.ask(
            "GetFunctionConfiguration", {"FunctionName": walk.place("FunctionName")}
        )["CodeSha256"],
        "Content": st.just({"ZipFile": pack(ECHO)}),
        "CreateAlias.Name": NAMES,
        "DryRun": st.just(False),
        "LogFormat": st.just("JSON"),
        "Destination": NAMES.map(f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{{}}".format),
        "Enabled": st.just(False),
        "EventSourceArn": NAMES.map(
            f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{{}}/stream/2026".format
        ),
        "Filters.item.Pattern": WORDS.map('{{"eventName": ["{}"]}}'.format),
        "CreateFunction.FunctionName": NAMES,
        "CreateFunction.Handler": st.just("app.handler"),
        "InvocationType": st.just("RequestResponse"),
        "Layers": lambda walk: [walk.place("Arn")],
        "MaxItems": st.integers(1, 50),
        "MemorySize": st.integers(128, 10_240),
        "PackageType": st.just("Zip"),
        "Payload": WORDS.map(lambda word: f'"{word}"'.encode()),
        "PublishLayerVersion.LayerName": NAMES,
        "Resource": lambda walk: f"{PREFIX}:function:{walk.place('FunctionName')}",
        "AddLayerVersionPermission.RevisionId": find_policy_revision,
        "RemoveLayerVersionPermission.RevisionId": find_policy_revision,
        "RevisionId": find_revision,
        "Role": ROLES,
        "RuntimeArn": st.just(f"{PREFIX}:runtime/{'0' * 64}"),
        "Runtime": st.sampled_from(["python3.11", "python3.12"]),
        "SourceArn": st.just("arn:aws:execute-api:eu-west-2:123456789012:abc/*"),
        "StatementId": NAMES,
        "Tags": TAGS,
        "Timeout": st.integers(1, 900),
        "Variables.key": IDENTIFIERS.map("K{}".format),
        "Variables.value": WORDS,
        "ZipFile": st.just(pack(ECHO)),
    },
    readings={
        "AddPermission": (),
        "CreateFunction": ("GetFunction",),
        "PublishLayerVersion": ("GetLayerVersion",),
        "PublishVersion": ("ListVersionsByFunction",),
        "TagResource": ("ListTags",),
        "UpdateFunctionCode": ("GetFunctionConfiguration",),
    },
    fillings={
        "ListAliases": "CreateAlias",
        "ListFunctionEventInvokeConfigs": "PutFunctionEventInvokeConfig",
        "ListLayerVersions": "PublishLayerVersion",
        "ListLayers": "PublishLayerVersion",
        "ListVersionsByFunction": "PublishVersion",
    },
    short={
        "ListFunctionEventInvokeConfigs": "of one function, with one version",
        "ListLayerVersions": "every layer has another name",
    },
    untold={
        "Code": "told as a hash",
        "Content": "told as a hash",
        "CreateEventSourceMapping.FunctionName": "told as an ARN",
        "CreateEventSourceMapping.Tags": "told by ListTags",
        "DryRun": A_WISH,
        "Enabled": "told as a State",
        "Publish": A_WISH,
        "RevisionId": "the one before",
        "UpdateEventSourceMapping.FunctionName": "told as an ARN",
        "ZipFile": "told as a hash",
        "AcceleratorConfig": WITHOUT,
        "CapacityProviderConfig": WITHOUT,
        "CodeSigningConfigArn": WITHOUT,
        "DurableConfig": WITHOUT,
        "ImageConfig": WITHOUT,
        "PublishTo": WITHOUT,
        "RuntimeConfig": WITHOUT,
        "TenancyConfig": WITHOUT,
    },
    refused={
        "AmazonManagedKafkaEventSourceConfig": OF_OTHERS,
        "DocumentDBEventSourceConfig": OF_OTHERS,
        "Queues": OF_OTHERS,
        "SelfManagedEventSource": OF_OTHERS,
        "SelfManagedKafkaEventSourceConfig": OF_OTHERS,
        "SourceAccessConfigurations": OF_OTHERS,
        "Topics": OF_OTHERS,
    },
    refusal_of_members=(400, "InvalidParameterValueException"),
    unbounded={
        "Runtime": "Lambda refuses it as another thing (test_functions.py)",
        "Variables.key": "LAM-ENV-02",
    },
    idempotent={
        "DeleteAlias": "it is gone, and was",
        "DeleteLayerVersion": "the same",
        "ListLayerVersions": "there are none",
    },
    statuses={"DeleteFunction": 204},  # LAM-CTL-01
)
