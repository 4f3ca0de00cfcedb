"""Functions by name, ARN and qualifier, their replacement, and what is left behind: nothing."""

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.functions.laboratory import ACCOUNT, REGION, ROLE, Lab, is_running, wait_for
from routekey.errors import (
    FunctionAccessDeniedError,
    FunctionNotFoundError,
    FunctionThrottledError,
    ProjectError,
)
from routekey.resources.function import LATEST, Permission
from scenarios.running import wait_until

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
ROUTE = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:abcdefghij/prod/$default"
ECHO = """
def handler(event, context):
    return event
"""
COUNT = """
count = 0
def handler(event, context):
    global count
    count += 1
    return count
"""
WAIT = """
import os, time
def handler(event, context):
    open(event["started"], "w").close()
    while not os.path.exists(event["until"]):
        time.sleep(0.002)
    return os.getpid()
"""
SPAWN = """
import os, subprocess
def handler(event, context):
    child = subprocess.Popen(["sleep", "600"])
    daemon = subprocess.Popen(["setsid", "sleep", "600"])
    return [os.getpid(), child.pid, daemon.pid]
"""


@pytest.mark.rule("LAM-INV-01", "LAM-INV-09")
@pytest.mark.parametrize(
    "name",
    ["f", "f:$LATEST", "f:live", "f:7", ARN, f"{ARN}:live", f"{ACCOUNT}:function:f"],
)
async def test_a_function_is_found_by_every_form_of_its_name(lab: Lab, name: str) -> None:
    await lab.serve(lab.python(ECHO, aliases={"live": "7"}))
    assert await lab.call("hello", name) == "hello"


@pytest.mark.rule("LAM-INV-09")
async def test_an_alias_shows_the_version_behind_it(lab: Lab) -> None:
    await lab.serve(lab.python(ECHO, aliases={"live": "7"}))
    assert (await lab.invoke(function="f:live")).executed_version == "7"
    assert (await lab.invoke(function="f")).executed_version == "$LATEST"


@pytest.mark.rule("LAM-INV-09", "LAM-ENV-01", "LAM-LOG-06")
async def test_a_published_version_runs_beside_the_latest(lab: Lab) -> None:
    source = """
import os
def handler(event, context):
    return [event, os.environ["AWS_LAMBDA_FUNCTION_VERSION"], context.log_stream_name[11:14]]
"""
    latest = lab.python(ECHO, aliases={"live": "3"})
    code = lab.python(source, "old").code
    published = replace(latest, code=code, version="3")
    await lab.serve(latest, published)
    assert await lab.call("x") == "x"
    for name in ("f:3", "f:live", f"{ARN}:3"):
        assert await lab.call("x", name) == ["x", "3", "[3]"]
    assert (await lab.invoke(function="f:live")).executed_version == "3"
    with pytest.raises(FunctionNotFoundError):
        await lab.invoke(function="f:4")


@pytest.mark.rule("LAM-INV-04")
@pytest.mark.parametrize("name", ["g", "f:live", "f:7", f"{ARN}2", ""])
async def test_an_unknown_function_or_version_is_not_found(lab: Lab, name: str) -> None:
    await lab.serve(lab.python(ECHO))
    with pytest.raises(FunctionNotFoundError, match="Function not found"):
        await lab.invoke(function=name)


@pytest.mark.rule("LAM-CTX-01")
async def test_the_handler_sees_the_arn_with_the_qualifier_that_was_used(lab: Lab) -> None:
    source = "def handler(event, context): return context.invoked_function_arn"
    await lab.serve(lab.python(source, aliases={"live": "7"}))
    assert await lab.call() == ARN
    assert await lab.call(function="f:live") == f"{ARN}:live"


@pytest.mark.rule("SEC-LPOL-01", "SEC-LPOL-02")
async def test_a_route_without_a_permission_is_refused_with_the_remedy(lab: Lab) -> None:
    allowed = Permission(principal="apigateway.amazonaws.com", source_arn=f"{ROUTE[:-8]}*")
    await lab.serve(lab.python(ECHO), lab.python(ECHO, "open", permissions=(allowed,)))
    with pytest.raises(FunctionAccessDeniedError, match=r"apigateway\.amazonaws\.com"):
        await lab.invoke(source_arn=ROUTE)
    assert await lab.call(1, "open", source_arn=ROUTE) == 1
    await lab.serve(lab.python(ECHO, "open"))
    with pytest.raises(FunctionAccessDeniedError):  # what was allowed before is asked anew
        await lab.invoke(None, "open", source_arn=ROUTE)


@pytest.mark.rule("LAM-ENV-07")
async def test_an_environment_is_reused_while_it_is_free(lab: Lab) -> None:
    await lab.serve(lab.python(COUNT))
    assert [await lab.call() for _ in range(3)] == [1, 2, 3]


@pytest.mark.rule("LAM-ENV-07")
async def test_calls_at_one_time_run_in_environments_of_their_own(lab: Lab, tmp_path: Path) -> None:
    await lab.serve(lab.python(WAIT))
    until = tmp_path / "go"
    events = [{"started": f"{tmp_path}/{n}", "until": str(until)} for n in range(3)]
    calls = [asyncio.create_task(lab.call(event)) for event in events]  # noqa: TID251  # awaited below
    for event in events:
        await wait_for(Path(event["started"]))
    until.touch()
    assert len(set(await asyncio.gather(*calls))) == 3


@pytest.mark.rule("LAM-PROXY-06")
async def test_a_function_runs_on_when_its_caller_gives_up(lab: Lab, tmp_path: Path) -> None:
    await lab.serve(lab.python(WAIT))
    until, started = tmp_path / "go", tmp_path / "started"
    event = {"started": str(started), "until": str(until)}
    call = asyncio.create_task(lab.call(event))  # noqa: TID251  # awaited below
    await wait_for(started)
    call.cancel()
    until.touch()
    await wait_until(lambda: lab.platform()[-1].startswith("REPORT"), "its report")
    assert not any("Status" in text for text in lab.platform())


async def test_new_code_serves_new_calls_while_a_running_one_finishes_on_the_old(
    lab: Lab, tmp_path: Path
) -> None:
    function = lab.python(WAIT)
    await lab.serve(function)
    until, started = tmp_path / "go", tmp_path / "started"
    old = asyncio.create_task(  # noqa: TID251  # awaited below
        lab.call({"started": str(started), "until": str(until)})
    )
    await wait_for(started)
    lab.python(ECHO)
    await lab.serve(function)
    assert await lab.call("new") == "new"
    until.touch()
    pid = await old
    assert isinstance(pid, int)
    await wait_until(lambda: not is_running(pid), "its end")


async def test_a_replacement_that_fails_changes_nothing(lab: Lab) -> None:
    await lab.serve(lab.python(COUNT))
    assert await lab.call() == 1
    with pytest.raises(ProjectError, match="code folder"):
        await lab.serve(lab.python(ECHO), lab.function(lab.folder / "nowhere", "g"))
    assert await lab.call() == 2


async def test_a_function_that_did_not_change_stays_warm(lab: Lab) -> None:
    same, other = lab.python(COUNT), lab.python(ECHO, "g")
    await lab.serve(same, other)
    assert await lab.call() == 1
    lab.python("def handler(event, context): return 'changed'", "g")
    await lab.serve(same, other)
    assert await lab.call() == 2
    assert await lab.call(function="g") == "changed"


async def test_what_processes_do_not_see_leaves_them_warm(lab: Lab) -> None:
    function = lab.python(COUNT)
    await lab.serve(function)
    assert await lab.call() == 1
    permission = Permission(principal="apigateway.amazonaws.com")
    await lab.serve(
        replace(
            function,
            aliases={"live": LATEST},
            permissions=(permission,),
            reserved_concurrent_executions=1,
        )
    )
    assert await lab.call(function="f:live") == 2
    await lab.serve(replace(function, reserved_concurrent_executions=0))
    with pytest.raises(FunctionThrottledError, match="reserved concurrency of 0"):
        await lab.call()
    await lab.serve(function)
    assert await lab.call() == 3


@pytest.mark.parametrize(
    "change", [{"timeout": 9}, {"memory_size": 256}, {"environment": {"MODE": "2"}}]
)
async def test_what_processes_are_started_with_starts_them_anew(
    lab: Lab, change: dict[str, Any]
) -> None:
    function = lab.python(COUNT)
    await lab.serve(function)
    assert await lab.call() == 1
    await lab.serve(replace(function, **change))
    assert await lab.call() == 1


async def test_a_function_that_is_gone_is_not_found(lab: Lab) -> None:
    await lab.serve(lab.python(ECHO))
    await lab.serve()
    with pytest.raises(FunctionNotFoundError):
        await lab.invoke()


async def test_the_role_of_the_function_gives_its_credentials(lab: Lab) -> None:
    source = "import os\ndef handler(e, c): return os.environ['AWS_ACCESS_KEY_ID']"
    await lab.serve(lab.python(source))
    assert {await lab.call()} == lab.lent_keys
    assert lab.asked_roles == [ROLE]


async def test_credentials_are_told_of_each_process_that_is_gone(lab: Lab) -> None:
    await lab.serve(lab.python("import os\ndef handler(e, c): os._exit(1)"))
    for _ in range(3):
        assert (await lab.fail())["errorType"] == "Runtime.ExitError"
    assert len(lab.asked_roles) == 3
    await lab.pools.close()
    assert not lab.lent_keys


async def test_what_functions_need_can_start_before_they_do_and_goes_without_them(
    lab: Lab,
) -> None:
    before = _children()
    lab.pools.preload([lab.python(ECHO)])
    await wait_until(lambda: len(_children()) > len(before), "a zygote")
    await lab.pools.close()
    assert _children() <= before


async def test_closing_kills_whatever_functions_have_started(lab: Lab) -> None:
    await lab.serve(lab.python(SPAWN))
    pids = await lab.call()
    assert all(is_running(pid) for pid in pids)
    await lab.pools.close()
    assert not any(is_running(pid) for pid in pids)


async def test_nothing_starts_behind_the_end(lab: Lab) -> None:
    await lab.serve(lab.python(ECHO))
    assert await lab.call({"n": 1}) == {"n": 1}
    await lab.pools.close()
    with pytest.raises(FunctionNotFoundError):
        await lab.call({"n": 2})


async def test_closing_answers_calls_that_still_run(lab: Lab, tmp_path: Path) -> None:
    await lab.serve(lab.python(WAIT))
    started = tmp_path / "started"
    call = asyncio.create_task(  # noqa: TID251  # awaited below
        lab.fail({"started": str(started), "until": str(tmp_path / "never")})
    )
    await wait_for(started)
    await lab.pools.close()
    assert (await call)["errorType"] == "Runtime.ExitError"


async def test_an_idle_environment_is_closed_after_a_while(lab: Lab) -> None:
    await lab.pools.close()
    lab.pools = lab.make_pools(idle_seconds_max=0.0)
    await lab.serve(lab.python("import os\ndef handler(e, c): return os.getpid()"))
    pid = await lab.call()
    await lab.pools.retire()
    assert not is_running(pid)
    assert await lab.call() != pid


async def test_an_old_environment_is_renewed_though_it_is_used(lab: Lab) -> None:
    await lab.pools.close()
    lab.pools = lab.make_pools(age_seconds_max=0.0)
    await lab.serve(lab.python("import os\ndef handler(e, c): return os.getpid()"))
    pid = await lab.call()
    await lab.pools.retire()
    assert await lab.call() != pid
    assert len(lab.asked_roles) == 2


async def test_a_runtime_that_is_not_here_is_told_in_a_notice(lab: Lab) -> None:
    await lab.serve(lab.python(ECHO, runtime="python3.8"), lab.python(ECHO, "g"))
    assert await lab.call(1) == 1
    [notice] = lab.pools.notices
    assert notice.startswith("f: python3.8 is not installed here: runs on Python 3.")


@pytest.mark.rule("LAM-ENV-08")
async def test_a_reserved_concurrency_of_zero_refuses_every_call(lab: Lab) -> None:
    await lab.serve(lab.python(ECHO, reserved_concurrent_executions=0))
    with pytest.raises(FunctionThrottledError, match="reserved concurrency of 0"):
        await lab.invoke()


async def test_a_gateway_that_is_killed_leaves_no_process_and_no_folder(
    lab: Lab, tmp_path: Path
) -> None:
    """The next gateway's start sweeps the folder of the dead one."""
    folder = lab.folder_of({"app.py": SPAWN})
    program = lab.folder_of({"gateway.py": GATEWAY}, "gateway") / "gateway.py"
    temporary = tmp_path / "dead"
    temporary.mkdir()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, program, folder, temporary),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    pids = [int(pid) for pid in (await process.stdout.readline()).split()]
    assert len(pids) == 3
    process.kill()
    await process.wait()
    await wait_until(lambda: not any(map(is_running, pids)), "their end")
    lab.temporary_folder = temporary / "tmp"
    assert list(lab.temporary_folder.iterdir()) != []
    await lab.make_pools().close()
    assert list(lab.temporary_folder.iterdir()) == []


GATEWAY = """
import asyncio, json, sys
from pathlib import Path
from typing import Any
from adapters.functions.laboratory import *

async def main():
    lab = Lab(Path(sys.argv[2]))
    await lab.serve(lab.function(Path(sys.argv[1])))
    print(*await lab.call(), flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def _children() -> set[str]:
    pid = os.getpid()
    return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
