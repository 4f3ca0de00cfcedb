"""A function made ready to start: its code in a folder, its runtime chosen, its variables known."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from routekey.adapters.functions.debugging import find_debugpy
from routekey.adapters.functions.zygote import ProcessPlan, Zygote
from routekey.resources.function import Function
from routekey.resources.function_variables import (
    RESERVED,
    VARIABLES_BYTES_MAX,
    are_too_long,
    find_malformed,
    write_variables,
)

_MEMORY_MB_SPARE = 512
_BOOTSTRAPPED = ("python", "nodejs")
"""The runtimes that start with a bootstrap of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontDoor:
    """Where a function's connections to AWS's names go (inside its process only)."""

    host: str
    port: int
    ca_bundle: Path
    """PEM: the system's roots and the one that signed the front door's certificates."""
    patterns: tuple[str, ...] = ("*.execute-api.*.amazonaws.com",)
    """Names, `*` for any text, compared without case."""
    callback_url: str | None = None
    """The address of `@connections`, where one API with one stage is served; else None."""

    def describe(self) -> dict[str, object]:
        """Write down what the hook inside a function's process needs."""
        return {"host": self.host, "port": self.port, "patterns": self.patterns}


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What each environment of one function is started from."""

    function: Function
    arn: str
    region: str
    code_folder: Path
    """The function's `/var/task`."""
    zygote: Zygote
    runtime_folder: Path
    """The function's `/var/runtime`."""
    argv: tuple[str, ...] | None
    """The program to execute; None where the zygote forks."""
    is_http: bool = False
    """Whether it speaks the HTTP Runtime API instead of frames."""
    paths: tuple[str, ...] = ()
    """Folders that a Python function imports from before the runtime's own; for Node, those where
    an ES module's `import` finds the SDK."""
    variables: Mapping[str, str]
    """What the runtime itself sets."""
    environment: Mapping[str, str]
    """What the function sets, in paths of this machine."""
    fingerprint: str
    """Of the code and the layers: as long as it stays, the environments may stay."""
    notice: str = ""
    """What the user should know, as that it runs on another version than it asks for."""
    debug_port: int | None = None
    """Where a debugger can attach; such a function has one process at a time."""

    concurrency: int = 1
    """How many calls one environment takes at once."""

    @property
    def is_json_logged(self) -> bool:
        """Whether its log is in JSON: always where several calls write to it (LAM-ENV-09)."""
        return self.function.log_format == "JSON" or self.concurrency > 1


def find_refused_variables(environment: Mapping[str, str]) -> str:
    """Say what AWS would refuse in a function's environment; empty where it would take it all.

    It is no error here: much that is handy on a developer's machine is too long for AWS.
    Source: LAM-ENV-03.
    """
    if malformed := find_malformed(environment):
        return f"AWS refuses the variables {', '.join(malformed)}"
    if are_too_long(environment):
        size = len(write_variables(environment).encode())
        return f"its variables take {size} bytes, and AWS refuses more than {VARIABLES_BYTES_MAX}"
    return ""


def plan_process(
    program: Program,
    *,
    stream: str,
    scratch: Path,
    credentials: Mapping[str, str],
    front_door: FrontDoor | None,
    is_provisioned: bool = False,
    memory_group: str | None = None,
) -> ProcessPlan:
    """Decide what a new process of a function gets. Source: LAM-ENV-01, LAM-ENV-05.

    Args:
        program: the function.
        stream: the log stream of its environment.
        scratch: the environment's own folder for temporary files; also its home, so that the
            developer's `~/.aws` stays his.
        credentials: the `AWS_*` variables of its role.
        front_door: where AWS's names lead; None leaves them alone.
        is_provisioned: whether it is started ahead of any call.
        memory_group: the folder of the control group that bounds its memory; None has none.
    """
    kind = "provisioned-concurrency" if is_provisioned else "on-demand"
    own = {k: v for k, v in program.environment.items() if k not in RESERVED}
    env = {
        **_lambda_variables(program, stream),
        "AWS_LAMBDA_INITIALIZATION_TYPE": kind,
        "TMPDIR": str(scratch),
        "HOME": str(scratch),
        **program.variables,
        **(_trust(front_door) if front_door is not None else {}),
        **credentials,
        **own,
    }
    settings = {
        "paths": program.paths,
        "front_door": None if front_door is None else front_door.describe(),
        "debugger": _describe_debugger(program),
        "callback_url": None if front_door is None else front_door.callback_url,
    }
    function = None
    if program.argv is None:
        function = {"handler": program.function.handler, **settings}
    elif program.function.runtime.startswith(_BOOTSTRAPPED):  # which take it from the handler
        env["ROUTEKEY_BOOTSTRAP"] = json.dumps(settings)
    return ProcessPlan(
        cwd=str(program.code_folder),
        env=env,
        argv=program.argv,
        data_bytes_max=_limit_memory(program.function) if memory_group is None else None,
        memory_group=memory_group,
        function=function,
    )


def _describe_debugger(program: Program) -> dict[str, object] | None:
    if program.debug_port is None:
        return None
    if program.function.runtime.startswith("python"):
        return {"port": program.debug_port, "folder": find_debugpy()}
    return {"port": program.debug_port}


def _limit_memory(function: Function) -> int | None:
    """Stop a Python function that runs away, well beyond what Lambda would have let it have.

    The kernel counts address space here, of which threads reserve what they never touch: at
    Lambda's own number handlers would fail that run on AWS. Node bounds its heap by itself, and
    other runtimes reserve at will.
    """
    if not function.runtime.startswith("python"):
        return None
    return (2 * function.memory_size + _MEMORY_MB_SPARE) * 1024 * 1024


def _lambda_variables(program: Program, stream: str) -> dict[str, str]:
    function = program.function
    code = str(program.code_folder)
    logging = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": function.log_level}
    return {
        **(logging if program.is_json_logged else {}),
        "_HANDLER": function.handler,
        "AWS_REGION": program.region,
        "AWS_DEFAULT_REGION": program.region,
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": program.function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.function_name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        # The daemon's datagrams stay on this machine, where nobody listens.
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "_AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
        "LAMBDA_TASK_ROOT": code,
        "LAMBDA_RUNTIME_DIR": str(program.runtime_folder),
        "LANG": "en_US.UTF-8",
        "LC_CTYPE": "C.UTF-8",
        "PWD": code,
        "SHLVL": "0",
        "TZ": ":UTC",
    }


def _trust(front_door: FrontDoor) -> dict[str, str]:
    """Make every TLS library trust the front door; a function's own setting of these wins."""
    names = ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    return dict.fromkeys(names, str(front_door.ca_bundle))
