"""How each runtime is started."""

import os
from pathlib import Path
from typing import Any

import pytest

from adapters.functions.laboratory import Lab
from routekey.adapters.functions.runtimes import Package, shape_program
from routekey.errors import ProjectError
from routekey.resources.function import Code, PackageType

BOOTSTRAP = """#!/usr/bin/env python3
import http.client, json, os, sys
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
base = "/2018-06-01/runtime/invocation/"
while True:
    api.request("GET", base + "next")
    answer = api.getresponse()
    request_id = answer.headers["Lambda-Runtime-Aws-Request-Id"]
    event = json.loads(answer.read())
    result = [event, os.environ["_HANDLER"], sys.argv[1:], "AWS_EXECUTION_ENV" in os.environ]
    api.request("POST", base + request_id + "/response", json.dumps(result).encode())
    api.getresponse().read()
"""

TWO_POLLERS = """#!/usr/bin/env python3
import http.client, json, os, pathlib, threading
base = "/2018-06-01/runtime/invocation/"
polls = threading.Semaphore(0)
taken = []
def serve():
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        api.request("GET", base + "next")
        polls.release()
        answer = api.getresponse()
        answer.read()
        request_id = answer.headers["Lambda-Runtime-Aws-Request-Id"]
        taken.append(request_id)
        polls.acquire()
        polls.acquire()  # the other one has asked meanwhile
        polls.release()
        result = json.dumps([len(taken), len(set(taken))])
        api.request("POST", base + request_id + "/response", result.encode())
        api.getresponse().read()
threading.Thread(target=serve).start()
serve()
"""


def executable(path: Path, text: str = BOOTSTRAP) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def package(code: Path, layers: Path | None = None) -> Package:
    code.mkdir(exist_ok=True)
    return Package(handler="h", memory_mb=128, code=code, layers=layers)


@pytest.mark.rule("LAM-RT-02", "LAM-RAPI-01")
async def test_a_custom_runtime_s_bootstrap_is_executed(lab: Lab) -> None:
    executable(lab.folder / "f" / "bootstrap")
    function = lab.function(lab.folder / "f", runtime="provided.al2023", handler="main")
    await lab.serve(function)
    assert await lab.call(1) == [1, "main", [], False]
    assert await lab.call(2) == [2, "main", [], False]


@pytest.mark.rule("LAM-ENV-07", "LAM-RAPI-07")
async def test_a_runtime_that_asks_twice_gets_no_event_twice(lab: Lab) -> None:
    """On AWS the second request is refused, which would end an official client (LAM-RIC-01)."""
    executable(lab.folder / "f" / "bootstrap", TWO_POLLERS)
    await lab.serve(lab.function(lab.folder / "f", runtime="provided.al2023"))
    assert [await lab.call() for _ in range(3)] == [[1, 1], [2, 2], [3, 3]]


@pytest.mark.rule("LAM-RT-02", "LAM-ENV-06")
async def test_a_layer_may_bring_the_bootstrap(lab: Lab) -> None:
    executable(lab.folder / "layer" / "bootstrap")
    (lab.folder / "f").mkdir()
    layer = Code(package_type=PackageType.DIRECTORY, path=str(lab.folder / "layer"))
    await lab.serve(lab.function(lab.folder / "f", runtime="provided.al2", layers=(layer,)))
    assert (await lab.call(1))[0] == 1


@pytest.mark.rule("LAM-ENV-04")
@pytest.mark.parametrize("language", ["python", "node"])
async def test_a_wrapper_starts_the_runtime(lab: Lab, language: str) -> None:
    wrapper = '#!/bin/sh\nexport WRAPPED="by $0"\nexec "$@"\n'
    executable(lab.folder / "layer" / "wrap", wrapper)
    changes: dict[str, Any] = {
        "layers": (Code(package_type=PackageType.DIRECTORY, path=str(lab.folder / "layer")),),
        "environment": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrap"},
    }
    if language == "python":
        source = "import os\ndef handler(event, context): return os.environ['WRAPPED']"
        function = lab.python(source, **changes)
    else:
        function = lab.node("exports.handler = async () => process.env.WRAPPED;", **changes)
    await lab.serve(function)
    assert (await lab.call()).endswith("/wrap")


@pytest.mark.rule("LAM-ERR-12", "LAM-RT-02")
@pytest.mark.parametrize(
    ("runtime", "remedy"),
    [
        ("provided.al2023", "executable `bootstrap`"),
        ("java21", "aws-lambda-java-runtime-interface-client"),
        ("ruby3.3", "aws_lambda_ric"),
        ("dotnet8", "Amazon.Lambda.RuntimeSupport"),
        ("cobol", "provided.al2023"),
    ],
)
def test_a_runtime_that_finds_nothing_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: str, remedy: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "bootstrap").touch(0o644)
    with pytest.raises(ProjectError, match=remedy) as missing:
        shape_program(package(tmp_path / "code", tmp_path / "opt"), runtime)
    assert f"{tmp_path}/code/bootstrap {tmp_path}/opt/bootstrap" in missing.value.problem


def test_the_client_of_a_language_is_found_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for program in ("java", "dotnet", "aws_lambda_ric"):
        executable(tmp_path / "bin" / program)
    code = tmp_path / "code"
    (code / "lib").mkdir(parents=True)
    (code / "lib" / "aws-lambda-java-runtime-interface-client-2.6.0.jar").touch()
    (code / "Amazon.Lambda.RuntimeSupport.dll").touch()
    java = shape_program(package(code), "java21").argv
    assert java is not None
    assert java[0] == str(tmp_path / "bin" / "java")
    assert java[2] == f"{code}:{code}/lib/*:{code}/java/lib/*"
    assert java[-1] == "h"
    ruby = shape_program(package(code), "ruby3.3").argv
    assert ruby == (str(tmp_path / "bin" / "aws_lambda_ric"), "h")
    dotnet = shape_program(package(code), "dotnet8").argv
    assert dotnet is not None
    assert dotnet[1:] == ("exec", f"{code}/Amazon.Lambda.RuntimeSupport.dll", "h")
    assert os.access(dotnet[0], os.X_OK)
