"""One folder of `.tf` files: its variables, locals, resources, data and modules.

Everything is evaluated when it is asked for, and once. What nobody asks for cannot fail.
Source: Terraform language, "Files and Directories", "Resources", "Modules".
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from routekey.errors import ProjectError
from routekey.projects.builds.terraform import ModuleFetcher
from routekey.projects.cloudformation.references import Surroundings
from routekey.projects.document import Document, Lines, Place, Value, read_text
from routekey.projects.notices import Notices
from routekey.projects.terraform.data import ASKED, read_data
from routekey.projects.terraform.described import Described
from routekey.projects.terraform.evaluation import (
    Budget,
    Namespace,
    Scope,
    evaluate,
    items_of,
)
from routekey.projects.terraform.files import call_file_function
from routekey.projects.terraform.functions import to_text
from routekey.projects.terraform.json_syntax import parse_json
from routekey.projects.terraform.kinds import pascal
from routekey.projects.terraform.module_sources import REGISTRY, find_module
from routekey.projects.terraform.parser import parse_hcl
from routekey.projects.terraform.resources import KINDS, kind_of_resource
from routekey.projects.terraform.syntax import Block, Body, Call, Expression, Name

MODULES_MAX = 100  # a module that calls itself would never end
BLOCKS_MAX = 5000  # they are searched one by one
_GUESSES: Final[Mapping[str, Value]] = {
    "bool": False,
    "list": [],
    "map": {},
    "number": 1,
    "object": {},
    "set": [],
    "tuple": [],
}
"""What a variable is taken to be that nobody gave a value, by its type; text is its own name."""
_META = frozenset(
    ("connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioner")
)


@dataclass(slots=True, kw_only=True)
class Configuration:
    """What all modules of a configuration share."""

    root: Path
    surroundings: Surroundings
    notices: Notices
    budget: Budget = field(default_factory=Budget)
    files: list[str] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    module_count: int = 0
    fetcher: ModuleFetcher = field(init=False)

    def __post_init__(self) -> None:
        """Make what fetches modules."""
        self.fetcher = ModuleFetcher(self.root, self.surroundings.cache)


class Lookup(Namespace):
    """A namespace that asks a function for each of its names."""

    def __init__(
        self, find: "Callable[[str, Place], Value | Namespace]", names: Sequence[str] = ()
    ) -> None:
        self._find = find
        self._names = names

    def step(self, key: str | int, place: Place) -> Value | Namespace:
        """Look a name up."""
        return self._find(str(key), place)

    def whole(self, place: Place) -> Value:
        """Look every name up."""
        values = {name: self._find(name, place) for name in self._names}
        return {
            name: value.whole(place) if isinstance(value, Namespace) else value
            for name, value in values.items()
        }


class Instance(Described, Namespace):
    """One instance of a resource or of a data source."""

    def __init__(
        self, module: "Module", block: Block, address: str, names: dict[str, Value]
    ) -> None:
        configuration = module.configuration
        super().__init__(block.labels[0], address, configuration.surroundings, configuration.root)
        self.module = module
        self.block = block
        self._names = names
        self._arguments: dict[str, Value] | None = None

    @property
    def place(self) -> Place:
        """Where it is written."""
        return self.module.place(self.block, self.address)

    def arguments(self) -> dict[str, Value]:
        """Evaluate everything that is written in its block."""
        if self._arguments is None:
            with self.module.once(self.address, self.place):
                scope = self.module.scope.with_names(self._names)
                self._arguments = self.module.values_of(self.block.body, scope, self.place)
        return self._arguments

    def step(self, key: str | int, place: Place) -> Value | Namespace:
        """Give an attribute: one that AWS makes up, or an argument."""
        name = str(key)
        is_data = self.block.type == "data"
        is_asked = is_data and (self.type in ASKED or self.type not in KINDS)
        made = None if is_asked else self.attribute(name)
        if made is not None:
            return made
        if is_data:
            return read_data(self.type, name, self.arguments(), self.module.configuration, place)
        arguments = self.arguments()
        if name in arguments:
            return arguments[name]
        guess = f"{self.resource().reference()}-{name}"
        self.module.configuration.notices.add(
            f"{self.address}.{name} is known to AWS only; it is taken to be {guess}", place
        )
        return guess

    def whole(self, place: Place) -> Value:
        """Give the arguments and the attributes together."""
        if self.block.type == "data":
            return self.arguments()
        made = {name: self.step(name, place) for name in kind_of_resource(self.type).attributes}
        plain = {name: value for name, value in made.items() if not isinstance(value, Namespace)}
        return {**self.arguments(), **plain}


class Module:
    """A folder of configuration files."""

    def __init__(
        self, folder: Path, configuration: Configuration, inputs: Mapping[str, Value], prefix: str
    ) -> None:
        self.folder = folder
        self.configuration = configuration
        self.scope = Scope(namespace=self._namespace, call=self._call, budget=configuration.budget)
        self._inputs = inputs
        self._prefix = prefix
        self._blocks: list[tuple[Block, str]] = []
        self._known: dict[str, Value | Namespace] = {}
        self._active: set[str] = set()
        configuration.folders.append(folder)
        for path in sorted((*folder.glob("*.tf"), *folder.glob("*.tf.json"))):
            if not path.is_relative_to(REGISTRY):  # ours never change, and are nobody's to read
                configuration.files.append(str(path))
            parse = parse_json if path.suffix == ".json" else parse_hcl
            body = parse(read_text(path), file=str(path))
            self._blocks += [(block, str(path)) for block in body.blocks]
            if len(self._blocks) > BLOCKS_MAX:
                raise ProjectError(f"more than {BLOCKS_MAX} blocks in one module", file=str(path))

    def blocks(self, kind: str, *labels: str) -> list[Block]:
        """Find the blocks of one type, with these first labels."""
        return [
            block
            for block, _ in self._blocks
            if block.type == kind and block.labels[: len(labels)] == labels
        ]

    def place(self, block: Block, resource: str | None = None) -> Place:
        """Point at a block; its arguments are known by the names of properties."""
        file = next(file for other, file in self._blocks if other is block)
        renamed = kind_of_resource(block.labels[0]).renamed if block.labels else {}
        children: dict[str | int, Lines] = {
            renamed.get(name, pascal(name)): Lines(line)
            for name, (_, line) in block.body.attributes.items()
        }
        lines = Lines(block.line, children)
        return Document(file=file, value=None, lines=lines).place(resource=resource)

    def instances(self, kind: str = "resource") -> Iterator[Instance]:
        """Give all instances of the module and of the modules that it calls."""
        for block in self.blocks(kind):
            if len(block.labels) == 2:  # noqa: PLR2004  # type and name
                yield from self._expand(block).values()
        for block in self.blocks("module"):
            for module in self._modules(block).values():
                yield from module.instances(kind)

    def values_of(self, body: Body, scope: Scope, place: Place) -> dict[str, Value]:
        """Evaluate a block: its arguments, and the blocks in it as lists of maps."""
        values: dict[str, Value] = {
            name: evaluate(expression, scope, place / pascal(name))
            for name, (expression, _) in body.attributes.items()
            if name not in _META
        }
        for block in body.blocks:
            if block.type in _META:
                continue  # what they name is no value: arguments, and the resource itself
            if block.type == "dynamic" and block.labels:
                found = self._dynamic(block, scope, place)
                name = block.labels[0]
            else:
                found, name = [self.values_of(block.body, scope, place)], block.type
            here = values.setdefault(name, [])
            if isinstance(here, list):
                here.extend(found)
        return values

    @contextmanager
    def once(self, key: str, place: Place) -> Iterator[None]:
        """Evaluate something that must not lead back to itself."""
        if key in self._active:
            raise place.error(f"{key} depends on itself")
        self._active.add(key)
        try:
            yield
        finally:
            self._active.discard(key)

    def outputs(self) -> Iterator[tuple[str, str]]:
        """Give the outputs that are texts, by name."""
        for block in self.blocks("output"):
            place = self.place(block)
            value = self.output(block.labels[0], place) if block.labels else None
            if isinstance(value, str):
                yield block.labels[0], value

    def output(self, name: str, place: Place) -> Value | Namespace:
        """Evaluate an output of the module."""
        blocks = self.blocks("output", name)
        if not blocks:
            raise place.error(f"the module has no output {name}")
        expression, _ = blocks[-1].body.attributes.get("value", (None, 0))
        if expression is None:
            raise self.place(blocks[-1]).error(f"the output {name} has no value")
        return self._remember(f"output.{name}", expression, self.place(blocks[-1]))

    def _dynamic(self, block: Block, scope: Scope, place: Place) -> list[Value]:
        expression, _ = block.body.attributes.get("for_each", (None, 0))
        content = next((inner for inner in block.body.blocks if inner.type == "content"), None)
        if expression is None or content is None:
            raise place.error("a dynamic block needs for_each and content")
        found: list[Value] = []
        for key, value in items_of(evaluate(expression, scope, place), place):
            scope.budget.spend(1, place)
            inner = scope.with_names({block.labels[0]: {"key": key, "value": value}})
            found.append(self.values_of(content.body, inner, place))
        return found

    def _namespace(self, name: str, place: Place) -> Value | Namespace:
        root = str(self.configuration.root)
        fixed: dict[str, Value | Namespace] = {
            "var": Lookup(self._variable),
            "local": Lookup(self._local),
            "module": Lookup(self._module),
            "data": Lookup(self._data_type),
            "path": {"module": str(self.folder), "root": root, "cwd": root},
            "terraform": {"workspace": "default"},
        }
        if name in fixed:
            return fixed[name]
        names = [block.labels[1] for block in self.blocks("resource", name)]
        if not names:
            raise place.error(f"there is no resource of the type {name}")
        return Lookup(lambda key, where: self._instance("resource", name, key, where), names)

    def _variable(self, name: str, place: Place) -> Value | Namespace:
        if name in self._inputs:
            return self._inputs[name]
        blocks = self.blocks("variable", name)
        if not blocks:
            raise place.error(f"there is no variable {name}")
        expression, _ = blocks[-1].body.attributes.get("default", (None, 0))
        if expression is None:
            return self._guess(name, blocks[-1])
        return self._remember(f"var.{name}", expression, self.place(blocks[-1]))

    def _guess(self, name: str, block: Block) -> Value:
        kind, _ = block.body.attributes.get("type", (Name("string"), 0))
        word = kind.name if isinstance(kind, Name | Call) else ""
        around = self.configuration.surroundings
        if name.endswith("region"):
            value: Value = around.region
        elif name.endswith("account_id"):
            value = around.account_id
        else:
            value = _GUESSES.get(word, name)
        self.configuration.notices.guess(
            f"the variable {name} has no default, and no value was given",
            f"it is taken to be {json.dumps(value)}",
            self.place(block),
            f"Give it one: --parameter {name}=VALUE, or a line in terraform.tfvars",
        )
        return value

    def _local(self, name: str, place: Place) -> Value | Namespace:
        for block in self.blocks("locals"):
            if name in block.body.attributes:
                expression, _ = block.body.attributes[name]
                where = self.place(block) / pascal(name)
                return self._remember(f"local.{name}", expression, where)
        raise place.error(f"there is no local {name}")

    def _remember(self, key: str, expression: Expression, place: Place) -> Value | Namespace:
        if key not in self._known:
            with self.once(key, place):
                self._known[key] = evaluate(expression, self.scope, place)
        return self._known[key]

    def _data_type(self, name: str, _: Place) -> Value | Namespace:
        return Lookup(lambda key, where: self._instance("data", name, key, where))

    def _instance(self, kind: str, type_: str, name: str, place: Place) -> Value | Namespace:
        blocks = self.blocks(kind, type_, name)
        if not blocks:
            raise place.error(f"there is no {kind} {type_}.{name}")
        return _only(self._expand(blocks[-1]), blocks[-1])

    def _module(self, name: str, place: Place) -> Value | Namespace:
        blocks = self.blocks("module", name)
        if not blocks:
            raise place.error(f"there is no module {name}")
        opened = self._modules(blocks[-1])
        if not opened and not blocks[-1].body.attributes.keys() & {"count", "for_each"}:
            return Lookup(lambda key, where: self._guess_output(name, key, where))
        modules = {key: Lookup(module.output) for key, module in opened.items()}
        return _only(modules, blocks[-1])

    def _guess_output(self, name: str, key: str, place: Place) -> Value:
        """Give an output of a module that is not here."""
        guess = f"module.{name}.{key}" if key.endswith(("arn", "uri")) else f"{name}-{key}"
        self.configuration.notices.add(
            f"module.{name}.{key} is known to a module that is not here; it is taken to be {guess}",
            place,
        )
        return guess

    def _expand(self, block: Block) -> dict[str | int, Instance]:
        key = f"{block.type}.{'.'.join(block.labels)}"
        address = f"{self._prefix}{'.'.join(block.labels)}"
        known = self._known.get(key)
        if not isinstance(known, _Group):
            with self.once(f"instances of {key}", self.place(block)):
                names = self._names_of(block)
            known = _Group(
                {
                    index: Instance(
                        self, block, address if index == "" else f"{address}[{index}]", each
                    )
                    for index, each in names.items()
                }
            )
            self._known[key] = known
        return {index: item for index, item in known.items.items() if isinstance(item, Instance)}

    def _names_of(self, block: Block) -> dict[str | int, dict[str, Value]]:
        """Tell how many instances a block stands for, and what `each` and `count` are in them."""
        place = self.place(block)
        attributes = block.body.attributes
        if "count" in attributes:
            number = evaluate(attributes["count"][0], self.scope, place / "Count")
            if isinstance(number, bool) or not isinstance(number, int) or number < 0:
                raise (place / "Count").error("count takes a number")
            self.configuration.budget.spend(number, place)
            return {index: {"count": {"index": index}} for index in range(number)}
        if "for_each" not in attributes:
            return {"": {}}
        collection = evaluate(attributes["for_each"][0], self.scope, place / "ForEach")
        if isinstance(collection, list):
            collection = {to_text(item, place): item for item in collection}
        pairs = items_of(collection, place / "ForEach")
        return {key: {"each": {"key": key, "value": value}} for key, value in pairs}

    def _modules(self, block: Block) -> dict[str | int, "Module"]:
        name = block.labels[0] if block.labels else ""
        key = f"module.{name}"
        if not isinstance(known := self._known.get(key), _Group):
            with self.once(key, self.place(block)):
                known = _Group(self._open_modules(block, name))
            self._known[key] = known
        return {index: item for index, item in known.items.items() if isinstance(item, Module)}

    def _open_modules(self, block: Block, name: str) -> dict[str | int, "Module | Instance"]:
        place = self.place(block)
        source, _ = block.body.attributes.get("source", (None, 0))
        text = evaluate(source, self.scope, place) if source is not None else None
        address = f"{self._prefix}module.{name}."
        fetcher = self.configuration.fetcher
        folder = find_module(text, address, self.configuration.root, place, fetcher)
        if folder is None:
            why = f" ({fetcher.problem})" if fetcher.problem else ""
            self.configuration.notices.add(
                f"the module {name} comes from {text}, and is not here{why}; it is left out. "
                "Run `terraform get`: what it fetches is read",
                place,
            )
            return {}
        opened: dict[str | int, Module | Instance] = {}
        for index, names in self._names_of(block).items():
            self.configuration.module_count += 1
            if self.configuration.module_count > MODULES_MAX:
                raise place.error(f"there are more than {MODULES_MAX} modules")
            scope = self.scope.with_names(names)
            inputs = Inputs(block.body, scope, place)
            suffix = "" if index == "" else f"[{index}]"
            prefix = f"{self._prefix}module.{name}{suffix}."
            opened[index] = Module(folder, self.configuration, inputs, prefix)
        return opened

    def _call(self, name: str, arguments: list[Value], place: Place) -> Value:
        return call_file_function(name, arguments, self.configuration, place)


class Inputs(Mapping[str, Value]):
    """What a module is called with, evaluated when the module asks."""

    def __init__(self, body: Body, scope: Scope, place: Place) -> None:
        self._body = body
        self._scope = scope
        self._place = place

    def __getitem__(self, name: str) -> Value:
        """Evaluate an input."""
        expression, _ = self._body.attributes[name]
        return evaluate(expression, self._scope, self._place / pascal(name))

    def __iter__(self) -> Iterator[str]:
        """List the names."""
        return iter(self._body.attributes)

    def __len__(self) -> int:
        """Count them."""
        return len(self._body.attributes)


class _Group(Namespace):
    """The instances of a block with `count` or `for_each`."""

    def __init__(self, items: Mapping[str | int, "Instance | Module | Lookup"]) -> None:
        self.items = items

    def step(self, key: str | int, place: Place) -> Value | Namespace:
        found = self.items.get(key)
        if not isinstance(found, Namespace):
            raise place.error(f"there is no instance {key}")
        return found

    def whole(self, place: Place) -> Value:
        wholes = {
            key: item.whole(place)
            for key, item in self.items.items()
            if isinstance(item, Namespace)
        }
        if all(isinstance(key, int) for key in wholes):
            return list(wholes.values())
        return {str(key): value for key, value in wholes.items()}


def _only(items: Mapping[str | int, "Instance | Lookup"], block: Block) -> Namespace:
    """Give the one instance of a plain block, or the group of a repeated one."""
    if not block.body.attributes.keys() & {"count", "for_each"} and "" in items:
        return items[""]
    return _Group(items)
