"""One sandbox through init, timeout, crash and reset."""

import asyncio
import json
import os
import re
import signal
from pathlib import Path

import pytest

from adapters.functions.laboratory import Lab, is_running, wait_for
from routekey.adapters.functions import LogSource
from routekey.errors import FunctionThrottledError
from routekey.gateway.ports import FunctionCall
from routekey.tasks import spawn
from scenarios.running import wait_until

SLOW_INIT = """
import os, pathlib, time
mark = pathlib.Path(os.environ["MARK"])
attempt = len(mark.read_text()) if mark.exists() else 0
mark.write_text("x" * (attempt + 1))
while attempt < int(os.environ["SLOW"]):
    time.sleep(0.01)
def handler(event, context):
    return attempt
"""
STATE = """
import os, tempfile, pathlib, time
count = 0
def handler(event, context):
    global count
    count += 1
    note = pathlib.Path(tempfile.gettempdir()) / "note"
    notes = note.read_text() if note.exists() else ""
    note.write_text(notes + "x")
    while event == "loop":
        pass
    if event == "exit":
        os._exit(1)
    return [count, notes, context.log_stream_name]
"""


async def serve_slow(lab: Lab, failures: int, seconds: int) -> None:
    """Serve a function whose import hangs so many times; the zygote runs already."""
    await lab.pools.close()
    lab.pools = lab.make_pools(init_seconds_max=1.0)
    quick = lab.python("def handler(event, context): return 1", "quick")
    await lab.serve(quick)
    await lab.invoke(function="quick")
    environment = {"MARK": str(lab.folder / "mark"), "SLOW": str(failures)}
    await lab.serve(quick, lab.python(SLOW_INIT, environment=environment, timeout=seconds))


@pytest.mark.rule("LAM-ENV-07", "LAM-ERR-01")
@pytest.mark.parametrize("end", ["loop", "exit"])
async def test_a_reset_forgets_globals_and_keeps_files_and_log_stream(lab: Lab, end: str) -> None:
    await lab.serve(lab.python(STATE, timeout=3))  # in which the next process starts, too
    count, notes, stream = await lab.call()
    assert (count, notes) == (1, "")
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream)
    error = await lab.fail(end)
    kind = "Sandbox.Timedout" if end == "loop" else "Runtime.ExitError"
    assert error["errorType"] == kind
    assert await lab.call() == [1, "xx", stream]


@pytest.mark.rule("LAM-LIFE-01", "LAM-LIFE-02")
async def test_an_init_that_takes_too_long_is_tried_again_in_the_call(lab: Lab) -> None:
    await serve_slow(lab, 1, 20)
    assert await lab.call() == 1
    report = next(text for text in lab.platform() if text.startswith("INIT_REPORT"))
    assert report.endswith("\tPhase: init\tStatus: timeout")
    assert "Init Duration" not in lab.platform()[-1]


@pytest.mark.rule("LAM-LIFE-02", "LAM-ERR-01")
async def test_an_init_that_never_ends_uses_up_the_call_s_time(lab: Lab) -> None:
    await serve_slow(lab, 9, 1)
    error = await lab.fail()
    assert error["errorMessage"].endswith("Task timed out after 1.00 seconds")


@pytest.mark.rule("LAM-LIFE-02", "LAM-ERR-04")
async def test_an_exit_at_import_is_tried_again_and_then_told(lab: Lab) -> None:
    await lab.serve(lab.python("print('importing')\nimport os\nos._exit(4)"))
    assert (await lab.fail())["errorMessage"].endswith("exit status 4")
    assert lab.output() == ["importing", "importing"]


@pytest.mark.rule("LAM-LOG-01", "LAM-LOG-07", "LAM-LOG-08")
async def test_the_report_tells_time_and_memory(lab: Lab) -> None:
    await lab.serve(lab.python("def handler(event, context): return 1", memory_size=256))
    await lab.call()
    cold = lab.platform()[-1]
    assert re.search(
        r"^REPORT RequestId: \S+\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\t"
        r"Memory Size: 256 MB\tMax Memory Used: \d+ MB\tInit Duration: \d+\.\d\d ms\t$",
        cold,
    )
    await lab.call()
    assert "Init Duration" not in lab.platform()[-1]
    assert lab.platform()[-1].endswith(" MB\t")


@pytest.mark.rule("LAM-LOG-01")
async def test_the_report_of_a_timeout_ends_with_it(lab: Lab) -> None:
    await lab.serve(lab.python(STATE, timeout=1))
    await lab.fail("loop")
    assert "\tDuration: 1000.00 ms\tBilled Duration: " in lab.platform()[-1]
    assert lab.platform()[-1].endswith("\tStatus: timeout")


@pytest.mark.rule("LAM-LOG-06")
async def test_the_log_s_tail_comes_with_the_result(lab: Lab) -> None:
    await lab.serve(lab.python("def handler(event, context): print('hello')"))
    result = await lab.invoke()
    lines = result.log_tail.decode().splitlines()
    assert lines[:3] == [
        f"START RequestId: {result.request_id} Version: $LATEST",
        "hello",
        f"END RequestId: {result.request_id}",
    ]


async def test_a_process_that_dies_while_idle_is_replaced(lab: Lab) -> None:
    source = """
    import os, threading, time
    def end(file):
        while not os.path.exists(file):
            time.sleep(0.002)
        os._exit(0)
    def handler(event, context):
        if event:
            threading.Thread(target=end, args=[event]).start()
        return os.getpid()
    """
    await lab.serve(lab.python(source))
    signal = lab.folder / "end"
    pid = await lab.call(str(signal))
    signal.touch()
    await wait_until(lambda: not is_running(pid), "its end")
    assert await lab.call() != pid


async def test_nonsense_on_the_channel_ends_the_process(lab: Lab) -> None:
    source = """
    import os
    def handler(event, context):
        for number in range(3, 20 if event else 0):
            try:
                os.write(number, b"Z" * 64)
            except OSError:
                pass
        while event:
            pass
        return "fine"
    """
    await lab.serve(lab.python(source))
    assert (await lab.fail(1))["errorType"] == "Runtime.ExitError"
    assert await lab.call(0) == "fine"


async def test_an_answer_that_nobody_asked_for_ends_the_process(lab: Lab) -> None:
    source = """
    import os, struct
    answer = struct.pack(">cIII", b"R", 1, 1, 1) + b"7"
    def handler(event, context):
        for number in range(3, 20 if event else 0):
            try:
                os.write(number, answer * 2)
            except OSError:
                pass
        while event:
            pass
        return "fine"
    """
    await lab.serve(lab.python(source))
    assert await lab.call(1) == 7
    assert await lab.call(0) == "fine"


async def test_a_program_that_cannot_be_executed_is_told(lab: Lab) -> None:
    bootstrap = lab.folder_of({"bootstrap": "#!/nowhere/sh\n"}) / "bootstrap"
    bootstrap.chmod(0o755)
    await lab.serve(lab.function(bootstrap.parent, runtime="provided.al2023"))
    assert (await lab.fail())["errorMessage"].endswith("exit status 127")
    assert "cannot start" in lab.output()[-1]


async def test_a_code_folder_that_went_away_is_told(lab: Lab) -> None:
    function = lab.python("def handler(event, context): return 1")
    await lab.serve(function)
    folder = lab.folder / "f"
    (folder / "app.py").unlink()
    folder.rmdir()
    assert (await lab.fail())["errorType"] == "Runtime.ExitError"


@pytest.mark.rule("LAM-ERR-12")
async def test_a_process_that_cannot_be_asked_for_is_told_and_the_next_call_asks_again(
    lab: Lab,
) -> None:
    source = "def handler(event, context): return 1"
    await lab.serve(lab.python(source, environment={"HUGE": "x" * 3_000_000}))
    for _ in range(2):
        error = await lab.fail()
        assert error["errorType"] == "Runtime.InvalidEntrypoint"
        assert "cannot start a process" in error["errorMessage"]


async def test_a_gateway_may_stop_while_a_function_initializes(lab: Lab) -> None:
    mark = lab.folder / "mark"
    environment = {"MARK": str(mark), "SLOW": "9"}
    await lab.serve(lab.python(SLOW_INIT, environment=environment))
    spawn(_end_refused(lab), "a call that ends with the gateway")
    await wait_for(mark)
    await lab.pools.close()


async def _end_refused(lab: Lab) -> None:
    with pytest.raises(FunctionThrottledError):
        await lab.invoke()


@pytest.mark.rule("LAM-LIFE-03")
async def test_a_shutdown_is_a_kill_of_which_the_function_learns_nothing(lab: Lab) -> None:
    """Only extensions would get a SIGTERM before, and there are none."""
    source = """
    import os, pathlib, signal
    def end(*_):
        pathlib.Path(os.environ["MARK"]).write_text("told")
    def handler(event, context):
        signal.signal(signal.SIGTERM, end)
        return os.getpid()
    """
    mark = lab.folder / "mark"
    await lab.serve(lab.python(source, environment={"MARK": str(mark)}))
    pid = await lab.call()
    await lab.pools.close()
    assert not is_running(pid)
    assert not mark.exists()


@pytest.mark.rule("LAM-RIC-05")
@pytest.mark.parametrize("language", ["python", "node"])
async def test_an_event_that_is_no_json_is_an_error_and_the_next_call_works(
    lab: Lab, language: str
) -> None:
    """Python answers in its client's words; a Node that dies, as AWS's does, would help nobody."""
    if language == "python":
        function = lab.python("def handler(event, context): return event")
    else:
        function = lab.node("exports.handler = async (event) => event;")
    await lab.serve(function)
    result = await lab.pools.invoke(FunctionCall(function="f", payload=b"nonsense"))
    error = json.loads(result.payload)
    assert result.function_error == "Unhandled"
    if language == "python":
        assert error["errorType"] == "Runtime.UnmarshalError"
        assert error["errorMessage"].startswith("Unable to unmarshal input: Expecting value")
    else:
        assert error["errorType"] == "SyntaxError"
    assert await lab.call(7) == 7


async def test_a_process_that_cannot_end_after_its_last_word_is_killed(lab: Lab) -> None:
    source = """
exports.handler = async (event) => {
  if (event) {
    process.on('exit', () => { for (;;); });
    setImmediate(() => { throw new Error('no'); });
    await new Promise(() => {});
  }
  return process.pid;
};
"""
    await lab.serve(lab.node(source))
    pid = await lab.call()
    assert (await lab.fail({"n": 1}))["errorMessage"] == "no"
    assert await lab.call() != pid
    await wait_until(lambda: not is_running(pid), "its end")


async def test_a_call_that_waited_begins_in_the_log_where_the_one_before_has_ended(
    lab: Lab,
) -> None:
    await lab.pools.close()
    lab.pools = lab.make_pools(environments_max=1)
    await lab.serve(lab.python("def handler(event, context): print(event)"))
    await asyncio.gather(*(lab.call(number) for number in range(20)))
    words = [line.text.split()[0] for line in lab.lines]
    assert words.pop(0) == "INIT_START"
    assert words == [w for n in range(20) for w in ("START", str(n), "END", "REPORT")]
    spoken = [line.request_id for line in lab.lines if line.source is LogSource.FUNCTION]
    assert len(set(spoken)) == 20


@pytest.mark.rule("LAM-LOG-01", "LAM-LOG-06", "LAM-LOG-10")
async def test_the_tail_of_the_first_call_has_what_its_module_said(lab: Lab) -> None:
    source = "print('imported')\ndef handler(event, context): print('called')"
    await lab.serve(lab.python(source))
    words = [line.split()[0] for line in (await lab.invoke()).log_tail.splitlines()]
    assert words == [b"imported", b"START", b"called", b"END", b"REPORT"]
    assert lab.platform()[0].startswith(
        "INIT_START Runtime Version: python:3.11\tRuntime Version A"
    )


@pytest.mark.rule("LAM-LOG-05", "LAM-ENV-07")
async def test_a_process_that_is_started_in_a_call_says_so_in_the_same_stream(lab: Lab) -> None:
    await lab.pools.close()
    lab.pools = lab.make_pools(environments_max=1)
    await lab.serve(lab.python(STATE, timeout=3, log_format="JSON"))
    await lab.fail("loop")
    await lab.call()
    records = [json.loads(line) for line in lab.platform()]
    starts = [each["record"] for each in records if each["type"] == "platform.initStart"]
    assert [start["phase"] for start in starts] == ["init", "invoke"]
    assert len({start["instanceId"] for start in starts}) == 1
    ends = [each["record"] for each in records if each["type"] == "platform.initReport"]
    assert [(end["phase"], end["status"]) for end in ends] == [
        ("init", "success"),
        ("invoke", "success"),
    ]


async def test_a_child_that_goes_on_as_if_it_were_the_function_answers_nobody_else(
    lab: Lab,
) -> None:
    """It may take an event itself; but what it says of the last one is no answer to the next.

    Over HTTP it shares a connection with its parent, and what comes of that nobody knows.
    """
    source = """
    import os
    def handler(event, context):
        if event == "fork":
            os.fork()
        return [event, context.aws_request_id]
    """
    await lab.serve(lab.python(source))
    for event in ("fork", "a", "b", "c"):
        result = await lab.invoke(event)
        assert json.loads(result.payload) == [event, result.request_id]


async def test_a_last_word_does_not_bring_a_closed_environment_back(lab: Lab) -> None:
    """Its folder goes with it, and whoever is called there would find none."""
    source = """
    import os, pathlib, struct, threading
    def fail_later(go):
        while not go.exists():
            pass
        for number in range(3, 20):
            try:
                os.write(number, struct.pack(">cIII", b"X", 1, 1, 2) + b"{}")
            except OSError:
                pass
        os._exit(1)
    def handler(event, context):
        if event:
            threading.Thread(target=fail_later, args=[pathlib.Path(event)]).start()
        return [os.getpid(), os.getppid(), os.path.isdir(os.environ["TMPDIR"])]
    """
    await lab.pools.close()
    lab.pools = lab.make_pools(idle_seconds_max=0.0)
    await lab.serve(lab.python(source))
    go = lab.folder / "go"
    pid, zygote, _ = await lab.call(str(go))
    os.kill(zygote, signal.SIGSTOP)  # the kill waits
    retiring = spawn(lab.pools.retire(), "retire")
    await asyncio.sleep(0)
    go.touch()
    status = Path(f"/proc/{pid}/stat")
    await wait_until(lambda: status.read_text().rpartition(")")[2].split()[0] == "Z", "its exit")
    os.kill(zygote, signal.SIGCONT)
    await retiring
    assert (await lab.call())[2] is True
