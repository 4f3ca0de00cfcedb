"""What `terraform show -json` says of a plan, or of a state, becomes a project.

Values are there, references are not: what is known only after `apply` is looked up in the part
`configuration`, which names what an expression refers to, but not how it is put together. Where
that leaves a doubt, the guess is said. In a state, and in a plan for what exists, ids are those of
AWS; ours take their place, so that names and ids agree.
Source: Terraform, "JSON Output Format"; CP-TF-01 to CP-TF-07.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

from routekey.projects.cloudformation.references import Surroundings
from routekey.projects.document import Document, Path_, Place, Value
from routekey.projects.notices import Notices
from routekey.projects.options import LoadOptions
from routekey.projects.terraform.assembly import assemble_described
from routekey.projects.terraform.described import Described
from routekey.projects.terraform.kinds import first_block
from routekey.resources.project import Project

REGION = "us-east-1"
_DEPTH_MAX = 50  # modules in modules, and references to references
_REFERENCE: Final = re.compile(
    r"(?:module\.(?P<module>[\w-]+)(?:\[[^\]]*\])?\.(?P<output>[\w-]+)"
    r"|var\.(?P<variable>[\w-]+)"
    r"|(?P<type>aws_\w+)\.(?P<name>[\w-]+)(?P<index>\[[^\]]*\])?\.(?P<attribute>\w+))"
)
_INDEX: Final = re.compile(r"\[[^\]]*\]")
_ARN: Final = re.compile(r"arn:aws:(?:lambda|dynamodb|sqs|sns):([a-z0-9-]+):([0-9]{12}):")
_NOT_SAID: Final = (".secret", ".ses_smtp_password_v4")
"""Attributes of an access key that no notice repeats."""
_MADE_UP: Final = ("aws_apigatewayv2_", "aws_api_gateway_")
"""Types whose ids AWS makes up at random."""
_EVERYTHING: Final[Value] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def is_plan(value: Value) -> bool:
    """Tell whether a file is what `terraform show -json` prints."""
    return (
        isinstance(value, dict)
        and "format_version" in value
        and bool(value.keys() & {"planned_values", "values"})
    )


def load_plan(document: Document, name: str, options: LoadOptions, notices: Notices) -> Project:
    """Load a plan or a state.

    Raises:
        ProjectError: it describes something that cannot be used.
    """
    plan = _Plan(document, name, options, notices)
    return assemble_described(
        list(plan.resources("managed")),
        list(plan.resources("data")),
        region=plan.surroundings.region,
        options=options,
        notices=notices,
        files=(document.file,),
    )


class PlannedResource(Described):
    """A resource whose values are mostly known."""

    def __init__(self, plan: "_Plan", found: "_Found") -> None:
        super().__init__(found.type, found.address, plan.surroundings, plan.root)
        self._plan = plan
        self._found = found
        self._arguments: dict[str, Value] | None = None

    @property
    def place(self) -> Place:
        """Where the plan has it."""
        return self._plan.document.place(*self._found.path, resource=self.address)

    def arguments(self) -> dict[str, Value]:
        """Give the values, and what the references of the others lead to."""
        if self._arguments is None:
            # A provider writes what is not set as nothing, or as an empty text or list.
            self._arguments = {
                name: value
                for name, value in self._found.values.items()
                if value not in (None, "", [], {})
            }
            for name, expression in self._found.expressions.items():
                value = self._complete(name, self._arguments.get(name), expression)
                if value is not None:
                    self._arguments[name] = value
        return self._arguments

    def _complete(self, name: str, value: Value, expression: Value) -> Value:
        if isinstance(expression, list) and isinstance(value, list):
            return [
                self._complete_block(item, inner)
                for item, inner in zip(value, expression, strict=False)
            ]
        if not isinstance(expression, dict) or "references" not in expression:
            return value
        if value is None:
            return self._guess(name, expression)
        return value

    def _complete_block(self, value: Value, expressions: Value) -> Value:
        if not isinstance(value, dict) or not isinstance(expressions, dict):
            return value
        made = dict(value)
        for name, expression in expressions.items():
            inner = made.get(name)
            if name == "variables" and isinstance(expression, dict):  # of `environment`
                made[name] = self._variables(inner, expression)
            elif (completed := self._complete(name, inner, expression)) is not None:
                made[name] = completed
        return made

    def _variables(self, known: Value, expression: Mapping[str, Value]) -> Value:
        """Give each variable that is not known the reference whose name is most like its own."""
        made = dict(known) if isinstance(known, dict) else {}
        found = self._plan.follow_all(expression, self._found)
        for name in sorted(self._found.unknown_variables - made.keys()):
            if found:
                reference = max(found, key=lambda each: _likeness(name, each))
                made[name] = found[reference]
                value = "" if reference.endswith(_NOT_SAID) else f"{found[reference]} "
                self._say(f"the variable {name} is taken to be {value}({reference})")
        return made

    def _guess(self, name: str, expression: Mapping[str, Value]) -> Value:
        if name == "assume_role_policy":
            return None  # who may take it is not known; functions may
        if name == "policy":
            self._plan.notices.guess(
                "the plan does not tell everything: its policy is known after `apply` only",
                "everything is allowed",
                self.place,
                "Name the state instead: terraform show -json > state.json",
            )
            return _EVERYTHING
        found = self._plan.follow_all(expression, self._found)
        if not found:
            return None
        value = next(iter(found.values()))
        if name == "target" and not value.startswith("integrations/"):
            return f"integrations/{value}"
        if name == "source_arn":
            return f"{value}*"
        return value

    def _say(self, text: str) -> None:
        self._plan.notices.add(f"the plan does not tell everything: {text}", self.place)


def _likeness(variable: str, reference: str) -> float:
    return SequenceMatcher(None, variable.lower(), reference.lower()).ratio()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A resource as the plan has it."""

    type: str
    address: str
    module: str
    """The address of its module; empty for the root."""
    values: Mapping[str, Value]
    expressions: Mapping[str, Value]
    unknown_variables: frozenset[str]
    path: Path_


class _Plan:
    """A plan or a state, with what it refers to."""

    def __init__(
        self, document: Document, name: str, options: LoadOptions, notices: Notices
    ) -> None:
        self.document = document
        self.root = Path(document.file).parent
        self.notices = notices
        self._top = _map(document.value)
        region, account = self._owner()
        self.surroundings = Surroundings(
            stack_name=name,
            region=options.region or region or self._provider_region() or REGION,
            account_id=options.account_id,
            seed=options.seed,
            cache=options.cache,
        )
        self._account = account
        self._configuration = _map(_map(self._top.get("configuration")).get("root_module"))
        self._unknown = {
            str(change.get("address")): _map(_map(change.get("change")).get("after_unknown"))
            for change in _maps(self._top.get("resource_changes"))
        }
        self._resources: dict[str, PlannedResource] = {}
        self._ids: dict[str, str] = {}
        for found in self._find("managed"):
            self._resources[found.address] = PlannedResource(self, found)
        self._renew_ids()

    def resources(self, mode: str) -> Iterator[PlannedResource]:
        """Give the resources, or the data sources."""
        if mode == "managed":
            yield from self._resources.values()
        else:
            yield from (PlannedResource(self, found) for found in self._find("data"))

    def follow_all(self, expression: Mapping[str, Value], found: _Found) -> dict[str, str]:
        """Evaluate what an expression refers to, as far as that is an attribute of something."""
        names = _index_of(found.address)
        made: dict[str, str] = {}
        references = expression.get("references")
        for reference in references if isinstance(references, list) else []:
            value = self._follow(str(reference), found.module, names, 0)
            if value is not None:
                made[str(reference)] = value
        return made

    def _follow(self, reference: str, module: str, index: str, depth: int) -> str | None:
        found = _REFERENCE.fullmatch(reference)
        if found is None or depth > _DEPTH_MAX:
            return None
        if found["type"] is not None:
            return self._attribute(found, module, index)
        if found["module"] is not None:
            outer = f"{module}.module.{found['module']}".lstrip(".")
            output = _map(_map(self._module(outer).get("outputs")).get(found["output"]))
            return self._first(_map(output.get("expression")), outer, index, depth)
        above, _, name = module.rpartition("module.")
        above = above.rstrip(".")
        calls = _map(self._module(above).get("module_calls"))
        expressions = _map(_map(calls.get(_INDEX.sub("", name))).get("expressions"))
        return self._first(_map(expressions.get(found["variable"])), above, index, depth)

    def _first(
        self, expression: Mapping[str, Value], module: str, index: str, depth: int
    ) -> str | None:
        references = expression.get("references")
        for reference in references if isinstance(references, list) else []:
            value = self._follow(str(reference), module, index, depth + 1)
            if value is not None:
                return value
        constant = expression.get("constant_value")
        return constant if isinstance(constant, str) else None

    def _attribute(self, found: re.Match[str], module: str, index: str) -> str | None:
        base = f"{module}.{found['type']}.{found['name']}".lstrip(".")
        for suffix in (found["index"] or index, ""):
            described = self._resources.get(f"{base}{suffix}")
            if described is not None:
                name = found["attribute"]
                value = described.attribute(name) or described.arguments().get(name)
                return value if isinstance(value, str) else None
        return None

    def _module(self, address: str) -> Mapping[str, Value]:
        """Find the configuration of a module by its address."""
        here = self._configuration
        for name in filter(None, re.split(r"\.?module\.", _INDEX.sub("", address))):
            here = _map(_map(_map(here.get("module_calls")).get(name)).get("module"))
        return here

    def _find(self, mode: str) -> Iterator[_Found]:
        for section in (("planned_values",), ("values",), ("prior_state", "values")):
            if section[0] == "prior_state" and mode != "data":
                continue
            here: Value = self._top
            for key in section:
                here = _map(here).get(key)
            root = _map(_map(here).get("root_module"))
            yield from self._find_in(root, (*section, "root_module"), mode, 0)

    def _find_in(
        self, module: Mapping[str, Value], path: Path_, mode: str, depth: int
    ) -> Iterator[_Found]:
        address = str(module.get("address", ""))
        configured = {
            str(each.get("address")): _map(each.get("expressions"))
            for each in _maps(self._module(address).get("resources"))
        }
        for index, each in enumerate(_maps(module.get("resources"))):
            if each.get("mode", "managed") != mode:
                continue
            type_, name = str(each.get("type")), str(each.get("name"))
            own = str(each.get("address"))
            environment = first_block(self._unknown.get(own, {}).get("environment"))
            yield _Found(
                type=type_,
                address=own,
                module=address,
                values=self._localise(_map(each.get("values"))),
                expressions=configured.get(f"{type_}.{name}", {}),
                unknown_variables=frozenset(_map(environment.get("variables"))),
                path=(*path, "resources", index),
            )
        for index, child in enumerate(_maps(module.get("child_modules"))):
            if depth < _DEPTH_MAX:
                yield from self._find_in(child, (*path, "child_modules", index), mode, depth + 1)

    def _owner(self) -> tuple[str | None, str | None]:
        """Read region and account from the first ARN that AWS has made."""
        found = _ARN.search(json.dumps(self.document.value))
        return (found[1], found[2]) if found else (None, None)

    def _provider_region(self) -> str | None:
        configuration = _map(self._top.get("configuration"))
        provider = _map(_map(configuration.get("provider_config")).get("aws"))
        expression = _map(_map(provider.get("expressions")).get("region"))
        references = expression.get("references")
        value = expression.get("constant_value")
        if isinstance(references, list) and references:
            name = str(references[0]).removeprefix("var.")
            value = _map(_map(self._top.get("variables")).get(name)).get("value")
        return value if isinstance(value, str) else None

    def _renew_ids(self) -> None:
        """Let every mention of an id that AWS has made up become one of ours."""
        for described in self._resources.values():
            made_up = described.arguments().get("id")
            if described.type.startswith(_MADE_UP) and isinstance(made_up, str) and made_up:
                self._ids[made_up] = described.attribute("id") or made_up
        if self._ids:
            self._resources = {
                found.address: PlannedResource(self, found) for found in self._find("managed")
            }

    def _localise(self, values: dict[str, Value]) -> dict[str, Value]:
        """Put our account and our ids in place of those that AWS gave."""
        text = json.dumps(values)
        if self._account is not None:
            text = text.replace(f":{self._account}:", f":{self.surroundings.account_id}:")
        for made_up, ours in self._ids.items():
            text = re.sub(rf"(?<!\w){re.escape(made_up)}(?!\w)", ours, text)
        return _map(json.loads(text))


def _index_of(address: str) -> str:
    found = re.search(r"\[[^\]]*\]\Z", address)
    return found[0] if found else ""


def _map(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _maps(value: Value) -> list[dict[str, Value]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
