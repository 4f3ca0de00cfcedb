"""What a Node handler meets, from the import of its module to the end of its process."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from adapters.functions.laboratory import Lab, SystemClock, wait_for
from routekey.adapters.certificates import CertificateAuthority
from routekey.adapters.functions import FrontDoor
from routekey.adapters.functions.lineage import lengthen

ECHO = "exports.handler = async (event) => event;"
HOST = "abcdefghij.execute-api.us-east-1.amazonaws.com"


@pytest.fixture(params=[False, True], ids=["frames", "http"])
def is_http(request: pytest.FixtureRequest) -> bool:
    """Hold every case on both transports."""
    return bool(request.param)


@pytest.mark.rule("LAM-RT-03")
@pytest.mark.parametrize(
    ("file", "handler", "source"),
    [
        ("app.js", "app.handler", "exports.handler = async (event) => event;"),
        ("app.cjs", "app.handler", "exports.handler = async (event) => event;"),
        ("app.mjs", "app.handler", "export const handler = async (event) => event;"),
        ("src/app.js", "src/app.handler", "exports.handler = async (event) => event;"),
        ("app.js", "app.api.main", "exports.api = { main: async (event) => event };"),
        ("app/index.js", "app.handler", "exports.handler = async (event) => event;"),
    ],
)
async def test_a_handler_is_found_as_on_lambda(
    lab: Lab, file: str, handler: str, source: str
) -> None:
    await lab.serve(lab.node(source, file=file, handler=handler))
    assert await lab.call({"a": "ä"}) == {"a": "ä"}


async def test_a_package_may_say_that_its_files_are_es_modules(lab: Lab) -> None:
    folder = lab.folder_of(
        {
            "package.json": '{"type": "module"}',
            "app.js": "export const handler = async (event) => import.meta.url.slice(0, 7);",
        }
    )
    await lab.serve(lab.function(folder, runtime="nodejs20.x"))
    assert await lab.call() == "file://"


@pytest.mark.parametrize(
    "source",
    [
        "exports.handler = async () => 'answer';",
        "exports.handler = () => Promise.resolve('answer');",
        "exports.handler = (event, context, callback) => callback(null, 'answer');",
        "exports.handler = (event, context) => context.succeed('answer');",
        "exports.handler = (event, context) => context.done(null, 'answer');",
        "exports.handler = (event, context, done) => { setTimeout(done, 1, null, 'answer'); };",
    ],
)
async def test_a_handler_may_answer_in_every_way_of_lambda(lab: Lab, source: str) -> None:
    await lab.serve(lab.node(source))
    assert [await lab.call(), await lab.call()] == ["answer", "answer"]


async def test_a_callback_waits_for_an_empty_event_loop(lab: Lab) -> None:
    source = """
    let done = 0;
    exports.handler = (event, context, callback) => {
      context.callbackWaitsForEmptyEventLoop = event;
      setTimeout(() => { done += 1; console.log(`done ${done}`); }, event ? 20 : 600_000);
      callback(null, done);
    };
    """
    await lab.serve(lab.node(source))
    await lab.call(True)
    assert lab.output()[-1].endswith("done 1")
    assert await lab.call(False) == 1
    assert lab.output()[-1].endswith("done 1")


@pytest.mark.rule("LAM-RIC-07")
async def test_a_handler_that_answers_nothing_gives_null(lab: Lab) -> None:
    await lab.serve(
        lab.node("exports.handler = async () => {};"),
        lab.node("exports.handler = () => 'ignored';", "g"),
    )
    assert await lab.call() is None
    assert await lab.call(function="g") is None


async def test_an_async_handler_that_can_never_answer_is_an_error(lab: Lab) -> None:
    source = "exports.handler = async (event) => event ? new Promise(() => {}) : 'fine';"
    await lab.serve(lab.node(source))
    assert (await lab.fail(1))["errorType"] == "Runtime.NodeJsExit"
    assert await lab.call(0) == "fine"


@pytest.mark.rule("LAM-ERR-07")
@pytest.mark.parametrize(
    ("statement", "kind", "text"),
    [
        ("throw new TypeError('bad thing')", "TypeError", "bad thing"),
        ("throw 'just a string'", "string", "just a string"),
        ("callback(new RangeError('far'))", "RangeError", "far"),
        ("callback('text')", "string", "text"),
        ("context.fail()", "string", "handled"),
        ("context.done(new Error('done'))", "Error", "done"),
        ("return Promise.reject(new Error('late'))", "Error", "late"),
        ("return Promise.reject(undefined)", "string", "handled"),
    ],
)
async def test_an_error_comes_with_type_text_and_trace(
    lab: Lab, statement: str, kind: str, text: str
) -> None:
    source = f"exports.handler = (event, context, callback) => {{ {statement}; }};"
    await lab.serve(lab.node(source))
    error = await lab.fail()
    assert (error["errorType"], error["errorMessage"]) == (kind, text)
    assert (error["trace"] == []) == (kind == "string")
    assert "\tERROR\tInvoke Error \t{" in lab.output()[-1]


@pytest.mark.rule("LAM-ERR-09")
async def test_a_result_in_a_circle_cannot_be_written(lab: Lab) -> None:
    source = (
        "exports.handler = async () => { const circle = {}; circle.of = circle; return circle; };"
    )
    await lab.serve(lab.node(source))
    error = await lab.fail()
    assert error["errorType"] == "Runtime.JSONStringifyError"
    assert error["errorMessage"] == "Unable to stringify response body"


@pytest.mark.rule("LAM-ERR-11")
@pytest.mark.parametrize(
    ("source", "handler", "kind", "text"),
    [
        (
            "require('nomod');",
            "app.handler",
            "ImportModuleError",
            "Error: Cannot find module 'nomod'",
        ),
        (ECHO, "app.nope", "HandlerNotFound", "app.nope is undefined or not exported"),
        ("exports.handler = 1;", "app.handler", "HandlerNotFound", "app.handler is not a function"),
        (ECHO, "badname", "MalformedHandlerName", "Bad handler"),
        (ECHO, "../app.handler", "MalformedHandlerName", "not a valid handler name"),
        (ECHO, "gone.handler", "ImportModuleError", "Cannot find module 'gone'"),
        ("}", "app.handler", "UserCodeSyntaxError", "Unexpected token '}'"),
    ],
)
async def test_a_handler_that_cannot_be_loaded_fails_each_call(
    lab: Lab, source: str, handler: str, kind: str, text: str
) -> None:
    await lab.serve(lab.node(source, handler=handler))
    for _ in range(2):
        error = await lab.fail()
        assert error["errorType"] == f"Runtime.{kind}"
        assert text in error["errorMessage"]


@pytest.mark.rule("LAM-RIC-07")
@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("Promise.reject(new Error('lost'))", "Runtime.UnhandledPromiseRejection"),
        ("setTimeout(() => { throw new RangeError('lost'); }, 1)", "RangeError"),
    ],
)
async def test_an_error_that_nobody_catches_ends_the_process_after_its_answer(
    lab: Lab, statement: str, kind: str
) -> None:
    source = f"""
    let count = 0;
    exports.handler = (event, context, callback) => {{
      count += 1;
      if (event) {statement};
      else callback(null, count);
    }};
    """
    await lab.serve(lab.node(source))
    assert await lab.call(0) == 1
    error = await lab.fail(1)
    assert error["errorType"] == kind
    assert "lost" in error["errorMessage"]
    assert await lab.call(0) == 1


@pytest.mark.rule("LAM-ERR-03", "LAM-ERR-04")
@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("process.exit(0)", "Runtime exited without providing a reason"),
        ("process.exit(3)", "Runtime exited with error: exit status 3"),
        ("process.kill(process.pid, 'SIGKILL')", "Runtime exited with error: signal: killed"),
    ],
)
async def test_an_exit_in_mid_call_is_an_error_and_the_next_call_works(
    lab: Lab, statement: str, text: str
) -> None:
    source = (
        f"exports.handler = async (event) => {{ if (event) {{ {statement}; }} return 'fine'; }};"
    )
    await lab.serve(lab.node(source))
    error = await lab.fail(1)
    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith(text)
    assert await lab.call(0) == "fine"


@pytest.mark.rule("LAM-ERR-05")
async def test_a_result_over_the_limit_is_an_error(lab: Lab) -> None:
    await lab.serve(lab.node("exports.handler = async (size) => 'x'.repeat(size);"))
    assert len(await lab.call(6_000_000)) == 6_000_000
    assert (await lab.fail(7_000_000))["errorType"] == "Function.ResponseSizeTooLarge"
    assert await lab.call(1) == "x"


@pytest.mark.rule("LAM-CTX-02", "LAM-ENV-01")
async def test_context_and_environment_are_lambda_s(lab: Lab) -> None:
    source = """
    exports.handler = async (event, context) => ({
      context,
      left: context.getRemainingTimeInMillis(),
      env: process.env,
    });
    """
    await lab.serve(lab.node(source, timeout=70, environment={"TABLE": "t"}))
    result = await lab.invoke(trace_id="Root=1-a-b")
    seen = json.loads(result.payload)
    assert 50_000 < seen["left"] <= 70_000
    expected = {
        "functionName": "f",
        "functionVersion": "$LATEST",
        "memoryLimitInMB": "128",
        "awsRequestId": result.request_id,
        "invokedFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "xRayTraceId": lengthen("Root=1-a-b", "f"),
        "callbackWaitsForEmptyEventLoop": True,
    }
    assert {name: seen["context"].get(name) for name in expected} == expected
    assert seen["env"]["AWS_EXECUTION_ENV"] == "AWS_Lambda_nodejs20.x"
    assert seen["env"]["_X_AMZN_TRACE_ID"] == lengthen("Root=1-a-b", "f")
    assert seen["env"]["TABLE"] == "t"
    assert not any("ROUTEKEY" in name for name in seen["env"])


@pytest.mark.rule("LAM-CTX-02", "LAM-RAPI-02")
async def test_the_handler_sees_what_the_caller_says_of_himself(lab: Lab) -> None:
    await lab.serve(lab.node("exports.handler = async (e, c) => c.clientContext ?? 'nobody'"))
    assert await lab.call(client_context='{"custom":{"a":"b"}}') == {"custom": {"a": "b"}}
    assert await lab.call() == "nobody"


@pytest.mark.rule("LAM-LOG-03")
async def test_the_console_writes_time_request_level_and_text(lab: Lab) -> None:
    source = """
    console.log("at import");
    exports.handler = async () => {
      console.log("a", { b: 1 }, "c\\nd");
      console.warn("warned");
      process.stdout.write("plain\\n");
    };
    """
    await lab.serve(lab.node(source))
    request_id = (await lab.invoke()).request_id
    first, second, third, fourth = lab.output()
    assert first.split("\t")[1:] == ["undefined", "INFO", "at import"]
    assert second.split("\t")[1:] == [request_id, "INFO", "a { b: 1 } c\nd"]
    assert third.split("\t")[1:] == [request_id, "WARN", "warned"]
    assert fourth == "plain"


@pytest.mark.rule("LAM-LOG-04")
async def test_the_console_writes_json_where_that_is_asked(lab: Lab) -> None:
    source = """
    exports.handler = async () => {
      console.debug("hidden");
      console.log({ a: 1 });
      console.log("hello", { a: 1 });
      throw new TypeError("bad");
    };
    """
    await lab.serve(lab.node(source, log_format="JSON"))
    request_id = (await lab.invoke()).request_id
    one, two, three = (json.loads(line) for line in lab.output())
    assert one["message"] == {"a": 1}
    assert two["message"] == "hello { a: 1 }"
    assert three["message"]["errorType"] == "TypeError"
    assert [line["level"] for line in (one, two, three)] == ["INFO", "INFO", "ERROR"]
    assert {line["requestId"] for line in (one, two, three)} == {request_id}


async def test_ten_megabytes_of_output_arrive_before_the_answer(lab: Lab) -> None:
    source = """
    exports.handler = async () => {
      process.stdout.write("x".repeat(10_000_000));
      process.stdout.write("\\nlast\\n");
    };
    """
    await lab.serve(lab.node(source))
    await lab.call()
    *parts, last = lab.output()
    assert last == "last"
    assert sum(map(len, parts)) == 10_000_000


@pytest.mark.rule("LAM-ERR-04")
async def test_a_heap_beyond_the_memory_setting_ends_the_process(lab: Lab) -> None:
    source = """
    const kept = [];
    exports.handler = async (event) => {
      while (event) kept.push(new Array(1000).fill({}));
      return "fine";
    };
    """
    await lab.serve(lab.node(source))
    assert (await lab.fail(1))["errorMessage"].endswith("signal: aborted")
    assert await lab.call(0) == "fine"


async def test_a_runaway_handler_is_killed(lab: Lab, tmp_path: Path) -> None:
    started = tmp_path / "started"
    source = """
    exports.handler = async (file) => {
      require("fs").writeFileSync(file, "");
      for (;;);
    };
    """
    await lab.serve(lab.node(source, timeout=1))
    call = asyncio.ensure_future(lab.fail(str(started)))  # noqa: TID251  # awaited below
    await wait_for(started)
    assert (await call)["errorType"] == "Sandbox.Timedout"


async def test_every_way_to_connect_reaches_the_gateway_over_trusted_tls(
    lab: Lab, tmp_path: Path
) -> None:
    source = """
    const https = require("https"), net = require("net");
    const ask = (options) => new Promise((resolve, reject) =>
      https.get(options, (response) => resolve(response.statusCode)).on("error", reject));
    exports.handler = async (host) => {
      const raw = await new Promise((resolve) => {
        const socket = net.connect(443, host, () => {
          resolve(socket.remotePort);
          socket.destroy();
        });
      });
      return [
        await ask(`https://${host}/`),
        await ask({ host: host.toUpperCase(), port: 8443 }),
        (await fetch(`https://${host}/`)).status,
        raw,
      ];
    };
    """
    authority = CertificateAuthority(tmp_path / "ca", SystemClock())

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    context = authority.server_context()
    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        port: int = server.sockets[0].getsockname()[1]
        bundle = authority.write_bundle()
        lab.pools.set_front_door(FrontDoor(host="127.0.0.1", port=port, ca_bundle=bundle))
        await lab.serve(lab.node(source))
        answered: list[Any] = await lab.call(HOST)
    assert answered == [204, 204, 204, port]


@pytest.mark.rule("LAM-ERR-05", "LAM-RAPI-08")
async def test_an_error_may_be_too_large_too(lab: Lab) -> None:
    source = "exports.handler = async () => { throw new Error('x'.repeat(7_000_000)) }"
    await lab.serve(lab.node(source))
    assert (await lab.fail())["errorType"] == "Function.ResponseSizeTooLarge"
