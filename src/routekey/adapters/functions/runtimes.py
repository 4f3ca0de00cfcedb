"""How the functions of each runtime are started: program, libraries, variables."""

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from routekey.adapters.functions.interpreters import Interpreter
from routekey.errors import ProjectError
from routekey.resources.function import INSTALLED_PACKAGES

_NODE_BOOTSTRAP = Path(__file__).parent / "bootstraps" / "node"
_OVER_HTTP = (
    "import sys; sys.path[0] = sys.argv[1]; from routekey_runtime.over_http import main; main()"
)
_JAVA_CLIENT = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A function's files, as its runtime finds them."""

    handler: str
    memory_mb: int
    code: Path
    """`/var/task`."""
    layers: Path | None
    """`/opt`."""

    def folders(self) -> list[Path]:
        """List them in the order in which they are searched."""
        return [self.code, *([self.layers] if self.layers else [])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a runtime makes of a package."""

    runtime_folder: Path
    """`/var/runtime`."""
    argv: tuple[str, ...] | None
    """The program to execute; None where a zygote forks."""
    is_http: bool = False
    """Whether it speaks the HTTP Runtime API instead of frames."""
    paths: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


def shape_python(
    package: Package, interpreter: Interpreter, runtime_folder: Path, *, is_http: bool
) -> Shape:
    """Fork from a zygote, or execute AWS's own client; `sys.path` as in LAM-ENV-06."""
    paths = [package.code]
    if package.layers is not None:
        version = f"python3.{interpreter.version[1]}"
        site_packages = package.layers / "python" / "lib" / version / "site-packages"
        paths += [site_packages, package.layers / "python"]
    command = (interpreter.path, "-S", "-X", "utf8", "-c", _OVER_HTTP, str(runtime_folder))
    return Shape(
        runtime_folder=runtime_folder,
        argv=command if is_http else None,
        is_http=is_http,
        paths=tuple(map(str, paths)),
        variables={"PYTHONPATH": str(runtime_folder)},
    )


def shape_node(
    package: Package, interpreter: Interpreter, sdk: Path | None, *, is_http: bool
) -> Shape:
    """Execute our bootstrap, with `NODE_PATH` in the order of LAM-ENV-01.

    ES modules read no `NODE_PATH`, and are led to the SDK and to what was installed for the package
    alone: on AWS, too, they do not find what layers bring.
    """
    folders = [package.code]
    paths = [] if sdk is None else [sdk]
    if sdk is not None:
        folders.insert(0, sdk / "node_modules")
    if package.layers is not None:
        modules = package.layers / "nodejs"
        version = f"node{interpreter.version[0]}"
        folders[:0] = [modules / version / "node_modules", modules / "node_modules"]
        installed = package.layers / INSTALLED_PACKAGES
        if (installed / "node_modules").is_dir():
            folders.insert(0, installed / "node_modules")
            paths.insert(0, installed)
    return Shape(
        runtime_folder=_NODE_BOOTSTRAP,
        argv=(
            interpreter.path,
            f"--max-old-space-size={package.memory_mb}",  # as on Lambda
            str(_NODE_BOOTSTRAP / "index.mjs"),
        ),
        is_http=is_http,
        paths=tuple(map(str, paths)),
        variables={"NODE_PATH": ":".join(map(str, folders))},
    )


def shape_program(package: Package, runtime: str) -> Shape:
    """Execute the package's own `bootstrap`, or the runtime's client. Source: LAM-RT-02.

    Raises:
        ProjectError: there is neither.
    """
    argv = _find_bootstrap(package) or _find_client(package, runtime)
    if argv is None:
        raise _missing(package, runtime)
    return Shape(runtime_folder=package.code, argv=argv, is_http=True)


def _find_bootstrap(package: Package) -> tuple[str, ...] | None:
    for folder in package.folders():
        bootstrap = folder / "bootstrap"
        if bootstrap.is_file() and os.access(bootstrap, os.X_OK):
            return (str(bootstrap),)
    return None


def _find_client(package: Package, runtime: str) -> tuple[str, ...] | None:
    """Find the runtime interface client of a language, on this machine or in the package."""
    language = re.split(r"[^a-z]", runtime)[0]
    if language == "java" and (java := shutil.which("java")) is not None:
        jars = [folder / sub for folder in package.folders() for sub in ("lib", "java/lib")]
        if any(jar.glob("aws-lambda-java-runtime-interface-client*.jar") for jar in jars):
            classes = ":".join([str(package.code), *(f"{jar}/*" for jar in jars)])
            return (java, "-cp", classes, _JAVA_CLIENT, package.handler)
    if language == "ruby" and (client := shutil.which("aws_lambda_ric")) is not None:
        return (client, package.handler)
    if language == "dotnet" and (dotnet := shutil.which("dotnet")) is not None:
        support = package.code / "Amazon.Lambda.RuntimeSupport.dll"
        if support.is_file():
            return (dotnet, "exec", str(support), package.handler)
    return None


_REMEDIES = {
    "java": "Install Java and put aws-lambda-java-runtime-interface-client into the package's lib.",
    "ruby": "Install the gem aws_lambda_ric.",
    "dotnet": "Install .NET and reference Amazon.Lambda.RuntimeSupport in the project.",
    "provided": "Build it so that an executable `bootstrap` is at the top of its package.",
}


def _missing(package: Package, runtime: str) -> ProjectError:
    places = " ".join(f"{folder}/bootstrap" for folder in package.folders())
    remedies = (text for language, text in _REMEDIES.items() if runtime.startswith(language))
    return ProjectError(
        f"the runtime {runtime!r} finds nothing to run: no executable at {places}",
        remedy=next(remedies, "Use python3.x, nodejs….x or provided.al2023."),
    )
