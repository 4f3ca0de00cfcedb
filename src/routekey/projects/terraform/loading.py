"""A Terraform configuration becomes a project.

Source: in-the-wild 1; CP-TF-01 to CP-TF-07.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from routekey.projects.cloudformation.loading import assemble
from routekey.projects.cloudformation.references import Resource, Surroundings
from routekey.projects.document import Document, Lines, Value, read_text
from routekey.projects.notices import Notices
from routekey.projects.options import LoadOptions
from routekey.projects.terraform.evaluation import Budget, Scope, evaluate
from routekey.projects.terraform.files import call_file_function
from routekey.projects.terraform.module import Configuration, Instance, Module
from routekey.projects.terraform.parser import parse_hcl
from routekey.projects.terraform.resources import KINDS
from routekey.resources.project import Project

REGION = "us-east-1"
_ATTACHMENTS = {
    "aws_iam_role_policy_attachment": ("role", "AWS::IAM::Role"),
    "aws_iam_user_policy_attachment": ("user", "AWS::IAM::User"),
}
_VERSION = "aws_secretsmanager_secret_version"
_CODE = frozenset(("aws_lambda_function", "aws_lambda_layer_version"))


def is_configuration(folder: Path) -> bool:
    """Tell whether a folder has Terraform files."""
    return any(folder.glob("*.tf"))


def load_configuration(folder: Path, name: str, options: LoadOptions, notices: Notices) -> Project:
    """Load the configuration in a folder.

    Raises:
        ProjectError: a file is not HCL, or something in it does not work out.
    """
    region = options.region or _region_of(folder, name, options, notices)
    configuration, module = _open(folder, name, region, options, notices)
    instances = list(module.instances())
    _attach_policies(instances)
    _fill_secrets(instances)
    _find_code(instances, _archives(module.instances("data")), folder)
    project = assemble(
        list(_resources(instances, notices)),
        region=region,
        account_id=options.account_id,
        stage=options.stage,
        notices=notices,
        files=configuration.files,
    )
    patterns = [f"{each}/*.tf" for each in dict.fromkeys(configuration.folders)]
    return replace(project, file_patterns=(*patterns, f"{folder}/*.tfvars"))


def _open(
    folder: Path, name: str, region: str, options: LoadOptions, notices: Notices
) -> tuple[Configuration, Module]:
    configuration = Configuration(
        root=folder,
        surroundings=Surroundings(stack_name=name, region=region, account_id=options.account_id),
        notices=notices,
    )
    inputs = _inputs(folder, options, configuration)
    return configuration, Module(folder, configuration, inputs, "")


def _region_of(folder: Path, name: str, options: LoadOptions, notices: Notices) -> str:
    """Ask the provider's block for the region."""
    _, module = _open(folder, name, REGION, options, notices)
    for block in module.blocks("provider", "aws"):
        if "region" in block.body.attributes and "alias" not in block.body.attributes:
            expression, _ = block.body.attributes["region"]
            region = evaluate(expression, module.scope, module.place(block) / "Region")
            if isinstance(region, str) and region:
                return region
    return REGION


def _inputs(
    folder: Path, options: LoadOptions, configuration: Configuration
) -> Mapping[str, Value]:
    """Collect the values of variables: from the environment, from files, from the operator."""
    prefix = "TF_VAR_"
    inputs: dict[str, Value] = {
        name.removeprefix(prefix): value
        for name, value in options.environment.items()
        if name.startswith(prefix)
    }
    for path in (folder / "terraform.tfvars", *sorted(folder.glob("*.auto.tfvars"))):
        if path.is_file():
            configuration.files.append(str(path))
            inputs |= _read_values(path, configuration)
    return {**inputs, **options.parameters}


def _read_values(path: Path, configuration: Configuration) -> dict[str, Value]:
    body = parse_hcl(read_text(path), file=str(path))
    place = Document(file=str(path), value=None, lines=Lines(1)).place()
    scope = Scope(
        namespace=lambda name, where: _no_name(name, where.document),
        call=lambda name, arguments, where: call_file_function(
            name, arguments, configuration, where
        ),
        budget=Budget(),
    )
    return {
        name: evaluate(expression, scope, place)
        for name, (expression, _) in body.attributes.items()
    }


def _no_name(name: str, document: Document) -> Value:
    raise document.place().error(f"a file of values cannot refer to {name}")


def _resources(instances: Iterable[Instance], notices: Notices) -> Iterator[Resource]:
    """Give what is run here; name the rest, once and together."""
    left_out: set[str] = set()
    for instance in instances:
        if instance.type not in KINDS:
            left_out.add(instance.type)
        else:
            yield instance.resource()
    left_out -= _ATTACHMENTS.keys() | {_VERSION}
    if left_out:
        notices.add(f"not run here, and left out: {', '.join(sorted(left_out))}")


def _attach_policies(instances: Iterable[Instance]) -> None:
    """Give roles and users the policies that hang on them by resources of their own."""
    instances = list(instances)
    for instance in instances:
        argument, kind = _ATTACHMENTS.get(instance.type, ("", ""))
        if not kind:
            continue
        arguments = instance.arguments()
        for other in instances:
            is_owner = other.type in KINDS and KINDS[other.type].type == kind
            if is_owner and other.resource().reference() == arguments.get(argument):
                arns = other.properties().setdefault("ManagedPolicyArns", [])
                if isinstance(arns, list):
                    arns.append(arguments.get("policy_arn"))


def _fill_secrets(instances: Iterable[Instance]) -> None:
    """Give secrets their values, which are resources of their own."""
    instances = list(instances)
    secrets = {
        instance.resource().reference(): instance
        for instance in instances
        if instance.type == "aws_secretsmanager_secret"
    }
    for instance in instances:
        if instance.type == _VERSION:
            arguments = instance.arguments()
            secret = secrets.get(str(arguments.get("secret_id")))
            if secret is not None:
                secret.properties()["SecretString"] = arguments.get("secret_string")


def _archives(data: Iterable[Instance]) -> dict[str, Value]:
    """Tell what `archive_file` would pack into which file."""
    archives: dict[str, Value] = {}
    for instance in data:
        if instance.type != "archive_file":
            continue
        arguments = instance.arguments()
        root = instance.module.configuration.root
        source = arguments.get("source_dir") or arguments.get("source_file")
        content = arguments.get("source_content")
        path = str((root / str(arguments.get("output_path"))).resolve())
        if isinstance(source, str):
            archives[path] = str((root / source).resolve())
        elif isinstance(content, str):
            archives[path] = {"ZipFile": content}
    return archives


def _find_code(instances: Iterable[Instance], archives: Mapping[str, Value], root: Path) -> None:
    """Let functions and layers point at what their archives are made from."""
    instances = list(instances)
    objects = {
        instance.arguments().get("key"): instance.arguments().get("source")
        for instance in instances
        if instance.type in {"aws_s3_object", "aws_s3_bucket_object"}
    }
    for instance in instances:
        if instance.type not in _CODE:
            continue
        arguments, properties = instance.arguments(), instance.properties()
        filename = arguments.get("filename") or objects.get(arguments.get("s3_key"))
        name = "Content" if "layer" in instance.type else "Code"
        if isinstance(filename, str):
            path = str((root / filename).resolve())
            properties[name] = archives.get(path, path)
        elif not properties.get(name):
            properties[name] = {"S3Key": str(arguments.get("s3_key", ""))}
