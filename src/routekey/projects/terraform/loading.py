"""A Terraform configuration becomes a project.

Source: in-the-wild 1; CP-TF-01 to CP-TF-07.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from routekey.projects.cloudformation.references import Surroundings
from routekey.projects.document import Document, Lines, Value, read_text
from routekey.projects.notices import Notices
from routekey.projects.options import LoadOptions
from routekey.projects.terraform.assembly import assemble_described
from routekey.projects.terraform.evaluation import Budget, Scope, evaluate
from routekey.projects.terraform.files import call_file_function
from routekey.projects.terraform.json_syntax import parse_json_values
from routekey.projects.terraform.module import Configuration, Module
from routekey.projects.terraform.parser import parse_hcl
from routekey.resources.project import Project

REGION = "us-east-1"


def is_configuration(folder: Path) -> bool:
    """Tell whether a folder has Terraform files."""
    return any(folder.glob("*.tf")) or any(folder.glob("*.tf.json"))


def load_configuration(folder: Path, name: str, options: LoadOptions, notices: Notices) -> Project:
    """Load the configuration in a folder.

    Raises:
        ProjectError: a file is not HCL, or something in it does not work out.
    """
    region = options.region or _region_of(folder, name, options, notices)
    configuration, module = _open(folder, name, region, options, notices)
    project = assemble_described(
        list(module.instances()),
        list(module.instances("data")),
        region=region,
        options=options,
        notices=notices,
        files=configuration.files,
    )
    patterns = [
        f"{each}/*{suffix}"
        for each in dict.fromkeys(configuration.folders)
        for suffix in (".tf", ".tf.json")
    ]
    outputs = {name: dict(module.outputs())} if options.has_outputs else {}
    return replace(project, file_patterns=(*patterns, f"{folder}/*.tfvars*"), outputs=outputs)


def _open(
    folder: Path, name: str, region: str, options: LoadOptions, notices: Notices
) -> tuple[Configuration, Module]:
    configuration = Configuration(
        root=folder,
        surroundings=Surroundings(
            stack_name=name,
            region=region,
            account_id=options.account_id,
            seed=options.seed,
            cache=options.cache,
        ),
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
    automatic = (*folder.glob("*.auto.tfvars"), *folder.glob("*.auto.tfvars.json"))
    named = (folder / "terraform.tfvars", folder / "terraform.tfvars.json")
    for path in (*named, *sorted(automatic)):
        if path.is_file():
            configuration.files.append(str(path))
            inputs |= _read_values(path, configuration)
    return {**inputs, **options.parameters}


def _read_values(path: Path, configuration: Configuration) -> dict[str, Value]:
    parse = parse_json_values if path.suffix == ".json" else parse_hcl
    body = parse(read_text(path), file=str(path))
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
