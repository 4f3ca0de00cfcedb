"""Find out what a folder has, and load it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from routekey.errors import ProjectError
from routekey.projects.accounts import choose_account
from routekey.projects.builds import cdk, chalice
from routekey.projects.builds.bundles import find_sources
from routekey.projects.builds.dependencies import add_dependencies
from routekey.projects.builds.program import PROGRAMS
from routekey.projects.cdk import MANIFEST, is_assembly, read_assembly
from routekey.projects.cloudformation.loading import StackSource, load_stacks
from routekey.projects.cloudformation.template import is_template
from routekey.projects.document import read_document
from routekey.projects.finding import SUFFIXES, find_below, find_template
from routekey.projects.handler_files import is_file, is_folder
from routekey.projects.notices import Notices
from routekey.projects.options import LoadOptions
from routekey.projects.routekey_file import NAME, describes_project, read_routekey_file
from routekey.projects.samconfig import read_samconfig
from routekey.projects.serverless_framework import is_service, load_service
from routekey.projects.terraform import (
    is_configuration,
    is_plan,
    load_configuration,
    load_plan,
)
from routekey.resources.project import Project

REGION = "us-east-1"

_TEMPLATES = ("template", "sam", "cloudformation", "serverless-template")
_SERVICES = ("serverless",)
_COMPILED_SERVICE = ".serverless/cloudformation-template-update-stack.json"
_MADE_BY_API: Final = (
    "It makes its API through AWS's own APIs, and may make it here: run `routekey run "
    "--no-project`, with the admin address as its endpoint. Or describe the API in a routekey.toml"
)
_PROGRAMS: Final[Mapping[str, tuple[str, str]]] = {
    "cdktf.json": (
        "an application of the CDK for Terraform",
        "Run `npx cdktf synth`, and name the folder of a stack in cdktf.out/stacks",
    ),
    "Pulumi.yaml": ("a Pulumi program", _MADE_BY_API),
    "app.arc": ("an Architect application", "Run `npx arc deploy --dry-run`, and name sam.json"),
    "sst.config.ts": ("an SST application", _MADE_BY_API),
}
"""Descriptions that only their own tool can read: what they are, and what to do."""
_A_REGION = re.compile(r"(?![0-9]+\Z)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
"""What can be part of a host name, as the AWS SDKs ask."""
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9]+")


def load(path: Path, *, options: LoadOptions | None = None) -> Project:
    """Load the project in a folder, or the one that a file describes.

    Raises:
        ProjectError: there is no project, or it cannot be used; with file, line and remedy.
    """
    try:
        start = path.absolute()
        chosen = replace(options or LoadOptions(), start=start if is_folder(start) else None)
        notices = Notices(is_guessing=chosen.is_guessing)
        project = _find(start, notices)(chosen, notices)
        if _A_REGION.fullmatch(project.region) is None:
            raise ProjectError(
                f"{project.region!r} is no region", remedy="Write it as eu-west-1.", file=str(path)
            )
        return project if chosen.cache is None else add_dependencies(project, chosen.cache)
    except OSError as error:
        raise ProjectError(f"cannot be read: {error.strerror or error}", file=str(path)) from error
    except RecursionError as error:
        raise ProjectError("references lead too deep to be followed", file=str(path)) from error


_Loader = Callable[[LoadOptions, Notices], Project]


def _find(path: Path, notices: Notices) -> _Loader:
    """Find the description of a project; bind it to its loader."""
    if is_file(path):
        return _loader_of_file(path)
    if not is_folder(path):
        raise ProjectError("there is no such file or folder", file=str(path))
    loader = _loader_of_folder(path) or _loader_of_template(path)
    if loader is None:
        _refuse_programs(path)
        below = find_below(path, lambda each: _loader_of_folder(each) is not None, _is_foreign)
        loader = _loader_of_folder(below) or _loader_of_template(below)
        if loader is None:
            _refuse_programs(below)
        notices.add(f"the project is in {below.relative_to(path)}")
    if loader is None:
        raise AssertionError("a folder with a project has a loader")
    return loader


def _loader_of_template(path: Path) -> _Loader | None:
    """Find a template of any name in a folder; None where there is none."""
    template = find_template(path)
    return None if template is None else _loader_of_file(template)


def _loader_of_folder(path: Path) -> _Loader | None:
    """Find the description in a folder, the most telling first; None where there is none."""
    names = [f"{stem}{suffix}" for stem in (*_TEMPLATES, *_SERVICES) for suffix in SUFFIXES]
    programs = [f"{stem}{suffix}" for stem in _SERVICES for suffix in sorted(PROGRAMS)]
    for name in (MANIFEST, f"cdk.out/{MANIFEST}", *names, *programs, _COMPILED_SERVICE):
        file = path / name
        if is_file(file) and (file.name != MANIFEST or is_assembly(file.parent)):
            return _loader_of_file(file)
    if is_file(path / NAME) and describes_project(path / NAME):
        return _loader_of_file(path / NAME)
    if is_configuration(path):
        return lambda options, notices: _load_configuration(path, options, notices)
    if is_file(path / chalice.CONFIGURATION):
        return lambda options, notices: _load_chalice(path, options, notices)
    if is_file(path / cdk.CONFIGURATION):
        return lambda options, notices: _load_cdk(path, options, notices)
    return None


def _is_foreign(folder: Path) -> bool:
    return any(is_file(folder / name) for name in _PROGRAMS)


def _refuse_programs(path: Path) -> None:
    for name, (what, remedy) in _PROGRAMS.items():
        if is_file(path / name):
            raise ProjectError(f"this is {what}", remedy=remedy, file=str(path / name))


def _loader_of_file(file: Path) -> _Loader:
    if file.stem in _SERVICES:
        return lambda options, notices: _load_service(file, options, notices)
    if file.name == MANIFEST and is_assembly(file.parent):
        return lambda options, notices: _load_assembly(file.parent, options, notices)
    if file.suffix == ".toml":
        return lambda options, notices: _load_routekey_file(file, options, notices)
    if file.name.endswith((".tf", ".tf.json")):
        return lambda options, notices: _load_configuration(file.parent, options, notices)
    return lambda options, notices: _load_template(file, options, notices)


def _load_template(file: Path, options: LoadOptions, notices: Notices) -> Project:
    document = read_document(file)
    if is_service(document.value) and not is_template(document.value):
        return _load_service(file, options, notices)
    if is_plan(document.value):
        name = options.stack_name or _name_of(file.parent)
        return load_plan(document, name, options, notices)
    options = choose_account(options, (file,), notices)
    config = read_samconfig(file.parent, options.stage, options.start)
    source = StackSource(
        document=document,
        stack_name=options.stack_name or config.stack_name or _name_of(file.parent),
        parameters={**config.parameters, **options.parameters},
    )
    return _load_stacks((source,), config.region, config.files, options, notices)


def _load_assembly(folder: Path, options: LoadOptions, notices: Notices) -> Project:
    options = choose_account(options, (folder / MANIFEST,), notices)
    assembly = read_assembly(folder, options.parameters, options.region, notices)
    return _load_stacks(assembly.sources, assembly.region, assembly.files, options, notices)


def _load_service(file: Path, options: LoadOptions, notices: Notices) -> Project:
    options = choose_account(options, (file,), notices)
    service = load_service(file, options, notices)
    return _load_stacks((service.source,), service.region, service.files, options, notices)


def _load_routekey_file(file: Path, options: LoadOptions, notices: Notices) -> Project:
    document, region = read_routekey_file(file)
    name = options.stack_name or _name_of(file.parent)
    source = StackSource(document=document, stack_name=name)
    return _load_stacks((source,), region, (str(file),), options, notices)


def _load_chalice(folder: Path, options: LoadOptions, notices: Notices) -> Project:
    template = chalice.package_application(folder, options.cache, options.stage)
    named = replace(options, stack_name=options.stack_name or _name_of(folder))
    project = _load_template(template, named, notices)
    sources = (f"{folder}/*.py", f"{folder}/chalicelib/*.py", f"{folder / chalice.CONFIGURATION}")
    return replace(project, file_patterns=(*project.file_patterns, *sources))


def _load_cdk(folder: Path, options: LoadOptions, notices: Notices) -> Project:
    search_path = options.environment.get("PATH", "")
    with cdk.synthesized(folder, options.cache, search_path) as assembly:
        project = _load_assembly(assembly, options, notices)
        bundles = {function.code.path for function in project.functions}
        inside = [path for path in map(Path, sorted(bundles)) if path.is_relative_to(assembly)]
        sources = [source for bundle in inside for source in find_sources(bundle, folder)]
    written = [file for file in project.files if not Path(file).is_relative_to(assembly)]
    return replace(
        project,
        files=tuple(dict.fromkeys((str(folder / cdk.CONFIGURATION), *written, *sources))),
        file_patterns=(*project.file_patterns, *cdk.source_patterns(folder)),
    )


def _load_configuration(folder: Path, options: LoadOptions, notices: Notices) -> Project:
    files = sorted((*folder.glob("*.tf"), *folder.glob("*.tfvars")))
    options = choose_account(options, files, notices)
    name = options.stack_name or _name_of(folder)
    return load_configuration(folder, name, options, notices)


def _load_stacks(
    sources: tuple[StackSource, ...],
    region: str | None,
    files: tuple[str, ...],
    options: LoadOptions,
    notices: Notices,
) -> Project:
    project = load_stacks(
        sources,
        region=options.region or region or REGION,
        account_id=options.account_id,
        seed=options.seed,
        stage=options.stage,
        notices=notices,
        cache=options.cache,
        has_outputs=options.has_outputs,
    )
    return replace(project, files=tuple(dict.fromkeys((*project.files, *files))))


def _name_of(folder: Path) -> str:
    """Make a stack's name of a folder's: letters, digits and hyphens, a letter first."""
    name = _NOT_A_NAME.sub("-", folder.name).strip("-")
    return name if name[:1].isalpha() else f"project-{name}".rstrip("-")
