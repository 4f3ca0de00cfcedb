"""Lambda's own lines, byte for byte."""

import json

import pytest
from msgspec.structs import replace

from adapters.functions.laboratory import Lab
from routekey.adapters.functions.report import Init, JsonLines, Report, TextLines

NOW_MS = 1_790_000_000_123
INIT = Init(
    function_name="f",
    version="$LATEST",
    stream="stream",
    runtime="python3.12",
    runtime_arn="arn:runtime",
    memory_mb=128,
)
WARM = Report(duration_ms=2.031, init_ms=None, memory_mb=128, peak_kb=37 * 1024, produced_bytes=85)


@pytest.mark.rule("LAM-LOG-01", "LAM-LOG-07")
def test_text_is_start_end_and_report() -> None:
    lines = TextLines()
    assert lines.start("id", "arn", "$LATEST", NOW_MS) == ["START RequestId: id Version: $LATEST"]
    assert lines.end("id", replace(WARM, init_ms=79.22), NOW_MS) == [
        "END RequestId: id",
        (
            "REPORT RequestId: id\tDuration: 2.03 ms\tBilled Duration: 82 ms\t"
            "Memory Size: 128 MB\tMax Memory Used: 37 MB\tInit Duration: 79.22 ms\t"
        ),
    ]


@pytest.mark.rule("LAM-LOG-01", "LAM-LOG-08")
@pytest.mark.parametrize(
    ("status", "error_type", "end"),
    [
        ("success", "", "37 MB\t"),
        ("timeout", "", "37 MB\tStatus: timeout"),
        ("error", "Runtime.ExitError", "37 MB\tStatus: error\tError Type: Runtime.ExitError"),
    ],
)
def test_a_report_ends_with_what_went_wrong(status: str, error_type: str, end: str) -> None:
    report = replace(WARM, status=status, error_type=error_type)
    assert TextLines().end("id", report, NOW_MS)[1].endswith(end)


@pytest.mark.rule("LAM-LOG-09")
def test_a_failed_init_has_a_line_of_its_own() -> None:
    assert TextLines().init_end(INIT, 10000.19, "timeout", NOW_MS) == [
        "INIT_REPORT Init Duration: 10000.19 ms\tPhase: init\tStatus: timeout"
    ]
    assert TextLines().init_end(INIT, 10.0, "success", NOW_MS) == []


@pytest.mark.rule("LAM-LOG-01")
@pytest.mark.parametrize(
    ("runtime", "version"),
    [
        ("python3.12", "python:3.12"),
        ("nodejs20.x", "nodejs:20"),
        ("provided.al2023", "provided:al2023"),
        ("java8.al2", "java:8.al2"),
        ("provided", "provided"),
    ],
)
def test_an_init_says_which_runtime_it_starts(runtime: str, version: str) -> None:
    [line] = TextLines().init_start(replace(INIT, runtime=runtime), NOW_MS)
    assert line == f"INIT_START Runtime Version: {version}\tRuntime Version ARN: arn:runtime"


@pytest.mark.rule("LAM-LOG-05")
def test_an_init_in_json_is_what_was_seen_on_aws() -> None:
    time = '{"time":"2026-09-21T14:13:20.123Z","type":"platform.'
    assert JsonLines().init_start(INIT, NOW_MS) == [
        time + 'initStart","record":{"initializationType":"on-demand","phase":"init",'
        '"runtimeVersion":"python:3.12","runtimeVersionArn":"arn:runtime","functionName":"f",'
        '"functionVersion":"$LATEST","instanceId":"stream","instanceMaxMemory":134217728}}'
    ]
    late = replace(INIT, is_provisioned=True, is_in_call=True)
    record = '"record":{"initializationType":"provisioned-concurrency","phase":"invoke",'
    assert JsonLines().init_end(late, 71.963, "success", NOW_MS) == [
        time + f'initRuntimeDone",{record}"status":"success"}}}}',
        time + f'initReport",{record}"status":"success","metrics":{{"durationMs":71.96}}}}}}',
    ]


@pytest.mark.rule("LAM-LOG-05")
def test_json_is_one_compact_record_a_line() -> None:
    lines = JsonLines()
    time = '{"time":"2026-09-21T14:13:20.123Z","type":"platform.'
    assert lines.start("id", "arn:f", "7", NOW_MS) == [
        time + 'start","record":{"requestId":"id","functionArn":"arn:f","version":"7"}}'
    ]
    assert lines.end("id", replace(WARM, init_ms=71.963), NOW_MS) == [
        time + 'runtimeDone","record":{"requestId":"id","status":"success",'
        '"metrics":{"durationMs":2.031,"producedBytes":85}}}',
        time + 'report","record":{"requestId":"id","metrics":{"durationMs":2.031,'
        '"billedDurationMs":74,"memorySizeMB":128,"maxMemoryUsedMB":37,'
        '"initDurationMs":71.96},"status":"success"}}',
    ]
    exit_error = replace(WARM, status="error", error_type="Runtime.ExitError")
    for line in lines.end("id", exit_error, NOW_MS):
        assert json.loads(line)["record"]["errorType"] == "Runtime.ExitError"


@pytest.mark.rule("LAM-LOG-05")
async def test_a_function_with_json_logs_gets_json_from_lambda_too(lab: Lab) -> None:
    await lab.serve(lab.python("def handler(event, context): return 1", log_format="JSON"))
    await lab.call()
    kinds = [json.loads(line)["type"] for line in lab.platform()]
    init = ["platform.initStart", "platform.initRuntimeDone", "platform.initReport"]
    assert kinds == [*init, "platform.start", "platform.runtimeDone", "platform.report"]
