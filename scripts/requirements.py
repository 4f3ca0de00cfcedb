"""Check that the locks in requirements/ are in step with pyproject.toml; `scripts/lock` makes them.

Works without a network: it asks whether the pins satisfy what pyproject.toml asks for, not whether
something newer is out.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT = Path(__file__).resolve().parent.parent
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)
Pins: TypeAlias = Mapping[str, str]


def read_pins(lock: str) -> Pins:
    """Read which version of what a lock holds, by canonical name."""
    return {canonicalize_name(name): version for name, version in _PIN.findall(lock)}


def find_drift(project: str, run_lock: str, dev_lock: str) -> Iterator[str]:
    """Say, one sentence each, what the locks hold too little, too old or twice.

    Args:
        project: the text of pyproject.toml.
        run_lock: the text of requirements/run.txt, which `scripts/serve` installs.
        dev_lock: the text of requirements/dev.txt, which holds everything of the other.
    """
    table = tomllib.loads(project)
    run, dev = read_pins(run_lock), read_pins(dev_lock)
    needed = table["project"]["dependencies"]
    extras = table["project"].get("optional-dependencies", {})
    yield from _find_unmet("run.txt", [*needed, *extras.get("local", [])], run)
    development = [*chain(*extras.values()), *table["dependency-groups"]["dev"]]
    yield from _find_unmet("dev.txt", [*needed, *development], dev)
    for name, version in run.items():
        if dev.get(name) != version:
            yield f"requirements/dev.txt has {name} {dev.get(name)}, run.txt has {version}"
    for file, lock in (("run.txt", run_lock), ("dev.txt", dev_lock)):
        if "://" in lock:
            yield f"requirements/{file} holds an address; a lock names packages and hashes only"


def _find_unmet(file: str, wanted: list[str], pins: Pins) -> Iterator[str]:
    for requirement in map(Requirement, wanted):
        pin = pins.get(canonicalize_name(requirement.name))
        if pin is None:
            yield f"requirements/{file} lacks {requirement.name}"
        elif pin not in requirement.specifier:
            yield f"requirements/{file} has {requirement.name} {pin}, not {requirement.specifier}"


def main() -> int:
    """Print what has drifted; 1 when anything has."""
    texts = [
        (_ROOT / name).read_text(encoding="utf-8")
        for name in ("pyproject.toml", "requirements/run.txt", "requirements/dev.txt")
    ]
    drift = list(find_drift(*texts))
    for line in drift:
        print(f"{line}; run scripts/lock")
    return 1 if drift else 0


if __name__ == "__main__":
    sys.exit(main())
