"""SAM templates become CloudFormation templates, by AWS's own translator.

The translator wants code in S3 and asks the network about applications of the repository. So code
on this machine gets a marker for a bucket before, and such applications are taken out.
Source: CP-SAM-01 to CP-SAM-07.
"""

from copy import deepcopy

from routekey.errors import ProjectError
from routekey.projects.cloudformation.references import Surroundings
from routekey.projects.cloudformation.sam_cache import SamCache
from routekey.projects.cloudformation.template import SAM, transforms
from routekey.projects.document import Document, Place, Value
from routekey.projects.notices import Notices

LOCAL_BUCKET = "routekey-local"
"""The bucket that stands for this machine: its keys are paths, relative to the template."""
WRITTEN_ID = "SamResourceId"
"""Of metadata: a resource's id before the transform, as SAM's own tool keeps it."""
_UNBUILT_IMAGE = f"{LOCAL_BUCKET}:unbuilt"
"""What `sam build` would make of a Dockerfile."""

_CODE_PROPERTIES = {
    "AWS::Serverless::Api": "DefinitionUri",
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::GraphQLApi": "SchemaUri",
    "AWS::Serverless::HttpApi": "DefinitionUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}
_NOT_SERVED = {
    "AWS::Serverless::Api": "AWS::ApiGateway::RestApi",
    "AWS::Serverless::GraphQLApi": "AWS::AppSync::GraphQLApi",
    "AWS::Serverless::HttpApi": "AWS::ApiGatewayV2::Api",
}
"""APIs that the translator need not take, and what they are without it."""
_GLOBAL_CODE_PROPERTIES = {
    "Api": "DefinitionUri",
    "Function": "CodeUri",
    "HttpApi": "DefinitionUri",
}


def translate_sam(
    document: Document,
    surroundings: Surroundings,
    *,
    parameters: dict[str, Value],
    notices: Notices,
) -> Document:
    """Translate a SAM template; one without the transform is returned as it is.

    Raises:
        ProjectError: the translator does not take the template.
    """
    if SAM not in transforms(document):
        return document
    template = deepcopy(document.value)
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        return document
    _mark_local_code(template, document, notices)
    values = {
        **parameters,
        "AWS::AccountId": surroundings.account_id,
        "AWS::Partition": "aws",
        "AWS::Region": surroundings.region,
        "AWS::StackName": surroundings.stack_name,
        "AWS::URLSuffix": "amazonaws.com",
    }
    resources = template["Resources"]
    while True:
        try:
            translated = _translate(template, values, document, surroundings)
        except ProjectError as error:
            if not _leave_out(resources, error.resource):
                raise
            place = document.place("Resources", str(error.resource), resource=error.resource)
            notices.add(f"is no WebSocket API, and is left out: {error.problem}", place)
        else:
            return Document(file=document.file, value=translated, lines=document.lines)


def _translate(
    template: dict[str, Value],
    values: dict[str, Value],
    document: Document,
    surroundings: Surroundings,
) -> Value:
    cache = SamCache(surroundings.cache)
    name = cache.find_name(template, values)
    translated = cache.read(name)
    if translated is None:
        # A quarter of a second of imports, which only a changed template has to wait for.
        from routekey.projects.cloudformation.sam_translator import run_translator  # noqa: PLC0415  # see the line before

        changed = deepcopy(template)
        translated = run_translator(changed, values, document, region=surroundings.region)
        cache.write(name, translated)
    return translated


def _leave_out(resources: Value, logical_id: str | None) -> bool:
    """Take an API out that is not served, where it stops the translator, and what calls by it.

    On AWS other transforms may have run before, such as `AWS::Include` in a definition.

    Returns:
        Whether there was one.
    """
    resource = resources.get(logical_id) if isinstance(resources, dict) and logical_id else None
    if not isinstance(resources, dict) or not isinstance(resource, dict):
        return False
    plain = _NOT_SERVED.get(str(resource.get("Type")))
    if plain is None:
        return False
    resource |= {"Type": plain, "Properties": {}}
    for other in resources.values():
        properties = other.get("Properties") if isinstance(other, dict) else None
        events = properties.get("Events") if isinstance(properties, dict) else None
        if isinstance(properties, dict) and isinstance(events, dict):
            properties["Events"] = {
                name: event
                for name, event in events.items()
                if not (isinstance(event, dict) and _is_of(event.get("Properties"), logical_id))
            }
    return True


def _is_of(event: Value, api: str | None) -> bool:
    """Tell whether an event is one of an API."""
    named = (event.get("RestApiId"), event.get("ApiId")) if isinstance(event, dict) else ()
    return any(each in (api, {"Ref": api}) for each in named)


def _mark_local_code(template: dict[str, Value], document: Document, notices: Notices) -> None:
    shared = template.get("Globals")
    shared_function = None
    if isinstance(shared, dict):
        for name, property_name in _GLOBAL_CODE_PROPERTIES.items():
            _mark(shared.get(name), property_name)
        shared_function = shared.get("Function")
    resources = template["Resources"]
    for logical_id, resource in resources.items() if isinstance(resources, dict) else ():
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            continue
        kind = str(resource["Type"])
        if kind == "AWS::Serverless::Application":
            _replace_application(resource)
            continue
        metadata = resource.get("Metadata")
        if isinstance(metadata, dict):  # a layer's id is not kept, and its makefile knows it
            metadata.setdefault(WRITTEN_ID, logical_id)
        properties = resource.setdefault("Properties", {})
        if kind in _CODE_PROPERTIES:
            _mark(properties, _CODE_PROPERTIES[kind])
        if kind == "AWS::Serverless::Function" and isinstance(properties, dict):
            place = document.place("Resources", logical_id, resource=logical_id)
            _give_code(properties, shared_function, place, notices)


def _give_code(properties: dict[str, Value], shared: Value, place: Place, notices: Notices) -> None:
    """Name the code of a function where the template does not: the translator wants a name."""
    if properties.get("PackageType") == "Image":
        properties.setdefault("ImageUri", _UNBUILT_IMAGE)
    elif not _has_code(properties, shared):
        notices.add("no CodeUri is given; the template's own folder is taken", place)
        properties["CodeUri"] = {"Bucket": LOCAL_BUCKET, "Key": "."}


def _mark(properties: Value, name: str) -> None:
    """Turn a path into an address in the bucket that stands for this machine."""
    if not isinstance(properties, dict):
        return
    value = properties.get(name)
    is_function = isinstance(value, dict) and len(value) == 1
    if is_function or (isinstance(value, str) and not value.startswith("s3://")):
        properties[name] = {"Bucket": LOCAL_BUCKET, "Key": value}


def _has_code(*properties: Value) -> bool:
    return any(
        isinstance(some, dict)
        and (some.keys() & {"CodeUri", "InlineCode", "ImageUri"} or some.get("PackageType"))
        for some in properties
    )


def _replace_application(resource: dict[str, Value]) -> None:
    """Make a nested stack of a nested application, as SAM does, without asking the repository."""
    properties = resource.get("Properties")
    location = properties.get("Location") if isinstance(properties, dict) else None
    resource["Type"] = "AWS::CloudFormation::Stack"
    resource["Properties"] = {
        "TemplateURL": location if isinstance(location, str) else "",
        "Parameters": properties.get("Parameters", {}) if isinstance(properties, dict) else {},
    }
