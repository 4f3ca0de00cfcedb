"""Terraform's resources, put together to a project: what hangs on what, and where code is.

Source: CP-TF-01 to CP-TF-07.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from routekey.projects.builds.tools import digest_of
from routekey.projects.cloudformation.loading import assemble
from routekey.projects.cloudformation.references import Resource
from routekey.projects.document import Value
from routekey.projects.notices import Notices
from routekey.projects.options import LoadOptions
from routekey.projects.terraform.described import Described
from routekey.projects.terraform.kinds import Values, blocks
from routekey.projects.terraform.resources import KINDS
from routekey.resources.project import Project

_POLICIES = ("ManagedPolicyArns", "policy_arn")
_ATTACHMENTS = {
    "aws_iam_group_policy_attachment": ("group", "AWS::IAM::Group", *_POLICIES),
    "aws_iam_role_policy_attachment": ("role", "AWS::IAM::Role", *_POLICIES),
    "aws_iam_user_group_membership": ("user", "AWS::IAM::User", "Groups", "groups"),
    "aws_iam_user_policy_attachment": ("user", "AWS::IAM::User", *_POLICIES),
}
"""By type: the argument that names who gets something, of which type he is, the property that it is
added to, and the argument that has it."""
_VERSION = "aws_secretsmanager_secret_version"
_OBJECTS = frozenset(("aws_s3_object", "aws_s3_bucket_object"))
_CODE = frozenset(("aws_lambda_function", "aws_lambda_layer_version"))


def assemble_described(
    described: Sequence[Described],
    data: Sequence[Described],
    *,
    region: str,
    options: LoadOptions,
    notices: Notices,
    files: Sequence[str],
) -> Project:
    """Put a project together from resources and data sources.

    Raises:
        ProjectError: a resource cannot be used.
    """
    _attach(described)
    _fill_secrets(described)
    _find_code(described, _archives((*data, *described), options.cache))
    return assemble(
        list(_resources(described, notices)),
        region=region,
        account_id=options.account_id,
        stage=options.stage,
        notices=notices,
        files=files,
    )


def _resources(instances: Sequence[Described], notices: Notices) -> Iterator[Resource]:
    """Give what is run here; name the rest, once and together."""
    left_out: set[str] = set()
    for instance in instances:
        if instance.type not in KINDS:
            left_out.add(instance.type)
        else:
            yield instance.resource()
    left_out -= _ATTACHMENTS.keys() | _OBJECTS | {_VERSION, "archive_file"}
    if left_out:
        notices.add(f"not run here, and left out: {', '.join(sorted(left_out))}")


def _attach(instances: Sequence[Described]) -> None:
    """Give identities what hangs on them by resources of their own: policies and groups."""
    for instance in instances:
        if instance.type not in _ATTACHMENTS:
            continue
        argument, kind, member, given = _ATTACHMENTS[instance.type]
        arguments = instance.arguments()
        value = arguments.get(given)
        for other in instances:
            is_owner = other.type in KINDS and KINDS[other.type].type == kind
            if is_owner and other.resource().reference() == arguments.get(argument):
                attached = other.properties().setdefault(member, [])
                if isinstance(attached, list):
                    attached.extend(value if isinstance(value, list) else [value])


def _fill_secrets(instances: Sequence[Described]) -> None:
    """Give secrets their values, which are resources of their own."""
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


def _archives(instances: Sequence[Described], cache: Path | None) -> dict[str, Value]:
    """Tell what `archive_file` would pack into which file."""
    archives: dict[str, Value] = {}
    for instance in instances:
        if instance.type != "archive_file":
            continue
        arguments = instance.arguments()
        root = instance.root
        source = arguments.get("source_dir") or arguments.get("source_file")
        path = str((root / str(arguments.get("output_path"))).resolve())
        if isinstance(source, str):
            archives[path] = str((root / source).resolve())
        elif contents := _contents(arguments):
            archives[path] = _write_contents(contents, cache)
    return archives


def _contents(arguments: Values) -> dict[str, str]:
    """Read what an archive is made of that is no file: text, by the names that it gets."""
    content = arguments.get("source_content")
    contents = {
        str(block.get("filename")): str(block.get("content"))
        for block in blocks(arguments.get("source"))
    }
    if isinstance(content, str):
        contents[str(arguments.get("source_content_filename", ""))] = content
    return contents


def _write_contents(contents: Mapping[str, str], cache: Path | None) -> Value:
    """Write files of the cache; where there is none, what is there is one file's text."""
    if cache is None:
        return {"ZipFile": next(iter(contents.values()))}
    folder = cache / "archives" / digest_of(*contents.keys(), *contents.values())
    for name, content in contents.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            continue  # a name that leads out of the archive
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return str(folder)


def _find_code(instances: Sequence[Described], archives: Mapping[str, Value]) -> None:
    """Let functions and layers point at what their archives are made from."""
    objects = {
        instance.arguments().get("key"): instance.arguments().get("source")
        for instance in instances
        if instance.type in _OBJECTS
    }
    for instance in instances:
        if instance.type not in _CODE:
            continue
        arguments, properties = instance.arguments(), instance.properties()
        filename = arguments.get("filename") or objects.get(arguments.get("s3_key"))
        name = "Content" if "layer" in instance.type else "Code"
        if isinstance(filename, str):
            path = str((instance.root / filename).resolve())
            properties[name] = archives.get(path, path)
        elif not properties.get(name):
            key = str(arguments.get("s3_key", ""))
            beside = instance.root / key  # what a script uploads often lies beside
            properties[name] = {"S3Key": str(beside.resolve()) if key else ""}
