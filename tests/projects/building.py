"""Small projects for tests: a template in text, written to a folder and loaded."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

from routekey.projects import SEED_BYTES, LoadOptions, load
from routekey.projects.cloudformation.references import Surroundings
from routekey.projects.cloudformation.stack import Stack
from routekey.projects.cloudformation.template import parse_template
from routekey.projects.document import Value, parse_document
from routekey.projects.notices import Notices
from routekey.projects.options import ACCOUNT_ID
from routekey.resources.project import Project

SEED = bytes(SEED_BYTES)
AROUND = Surroundings(stack_name="stack", region="eu-west-1", account_id=ACCOUNT_ID, seed=SEED)
API = """
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: chat
      ProtocolType: WEBSOCKET
      RouteSelectionExpression: $request.body.action
"""


def load_template(
    folder: Path,
    text: str,
    *,
    files: Mapping[str, str] | None = None,
    options: LoadOptions | None = None,
) -> Project:
    """Write a template, and what it needs, to a folder and load it."""
    for name, content in ({"template.yaml": dedent(text)} | dict(files or {})).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return load(folder, options=options or LoadOptions())


def open_stack(
    text: str, parameters: Mapping[str, Value] | None = None, *, seed: bytes = SEED
) -> Stack:
    """Open a template as a stack, without a file."""
    document = parse_document(dedent(text), file="template.yaml")
    return Stack(
        parse_template(document),
        replace(AROUND, seed=seed),
        parameters=parameters or {},
        notices=Notices(),
        open_nested=lambda _: None,
    )
