"""What a Python handler meets, from the import of its module to the end of its process."""

import json
import signal
from typing import Any

import pytest

from adapters.functions.laboratory import Lab
from routekey.adapters.functions.lineage import lengthen


@pytest.fixture(params=[False, True], ids=["frames", "http"])
def is_http(request: pytest.FixtureRequest) -> bool:
    """Hold every case on both transports."""
    return bool(request.param)


@pytest.mark.rule("LAM-ENV-01", "LAM-ENV-05")
async def test_the_handler_sees_the_environment_of_lambda(lab: Lab) -> None:
    source = """
    import os
    def handler(event, context):
        return {"env": dict(os.environ), "cwd": os.getcwd()}
    """
    function = lab.python(
        source, memory_size=256, environment={"TABLE": "t", "AWS_REGION": "mars-1"}
    )
    await lab.serve(function)
    seen = await lab.call()
    env = seen["env"]
    expected = {
        "_HANDLER": "app.handler",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
        "AWS_ACCESS_KEY_ID": "ASIA1OFf",
        "AWS_SESSION_TOKEN": "token",
        "LAMBDA_TASK_ROOT": function.code.path,
        "TZ": ":UTC",
        "TABLE": "t",
    }
    assert {name: env.get(name) for name in expected} == expected
    assert seen["cwd"] == function.code.path
    assert env["HOME"] == env["TMPDIR"]


@pytest.mark.rule("LAM-ENV-06")
async def test_the_handler_sees_the_sdk_and_nothing_else_of_ours(lab: Lab) -> None:
    source = """
    import importlib, sys
    def handler(event, context):
        found = []
        for name in event:
            try:
                importlib.import_module(name)
                found.append(name)
            except ImportError:
                pass
        return found
    """
    await lab.serve(lab.python(source))
    names = ["boto3", "botocore", "urllib3", "dateutil", "awslambdaric"]
    assert await lab.call([*names, "routekey", "msgspec", "uvloop", "pip", "pytest"]) == names


@pytest.mark.rule("LAM-ENV-06")
async def test_the_function_s_own_modules_win(lab: Lab) -> None:
    """Its own boto3 unloads the whole SDK, whose parts would not fit."""
    folder = lab.folder_of(
        {
            "app.py": """
                import sys
                is_loaded = "botocore" in sys.modules
                import boto3, urllib3
                def handler(event, context):
                    return [boto3.mine, is_loaded, urllib3.__name__]
            """,
            "boto3/__init__.py": "mine = 'own boto3'",
        }
    )
    await lab.serve(lab.function(folder))
    assert await lab.call() == ["own boto3", False, "urllib3"]


@pytest.mark.rule("LAM-ENV-06")
async def test_a_handler_s_module_may_be_called_like_one_that_is_preloaded(lab: Lab) -> None:
    source = "import queue\ndef handler(event, context): return queue.mine"
    folder = lab.folder_of({"calendar.py": source, "queue.py": "mine = 'own queue'"})
    await lab.serve(lab.function(folder, handler="calendar.handler"))
    assert await lab.call() == "own queue"


@pytest.mark.rule("LAM-CTX-01")
async def test_the_context_is_lambda_s(lab: Lab) -> None:
    source = """
    def handler(event, context):
        names = ("function_name", "function_version", "memory_limit_in_mb", "aws_request_id",
                 "invoked_function_arn", "log_group_name", "client_context", "tenant_id")
        seen = {name: getattr(context, name) for name in names}
        return {**seen, "left": context.get_remaining_time_in_millis()}
    """
    await lab.serve(lab.python(source, timeout=70))
    result = await lab.invoke()
    seen = json.loads(result.payload)
    assert 50_000 < seen.pop("left") <= 70_000
    assert seen == {
        "function_name": "f",
        "function_version": "$LATEST",
        "memory_limit_in_mb": "128",
        "aws_request_id": result.request_id,
        "invoked_function_arn": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "log_group_name": "/aws/lambda/f",
        "client_context": None,
        "tenant_id": None,
    }


@pytest.mark.rule("LAM-CTX-01", "LAM-RAPI-02")
async def test_the_handler_sees_what_the_caller_says_of_himself(lab: Lab) -> None:
    source = """
    def handler(event, context):
        said = context.client_context
        return said and [said.client.app_title, said.custom]
    """
    await lab.serve(lab.python(source))
    said = '{"client":{"app_title":"chat"},"custom":{"a":"b"}}'
    assert await lab.call(client_context=said) == ["chat", {"a": "b"}]
    assert await lab.call() is None


async def test_the_trace_id_is_that_of_the_call_in_one_line(lab: Lab) -> None:
    source = "import os\ndef handler(event, context): return os.environ.get('_X_AMZN_TRACE_ID')"
    await lab.serve(lab.python(source))
    for sent, told in (("Root=1-a-b;Sampled=0", "Root=1-a-b;Sampled=0"), ("Root=1\nx", "Root=1 x")):
        assert await lab.call(trace_id=sent) == lengthen(told, "f")
    assert (await lab.call()).startswith("Root=1-")


@pytest.mark.rule("LAM-ERR-06")
async def test_an_exception_comes_with_type_text_and_trace(lab: Lab) -> None:
    await lab.serve(lab.python("def handler(event, context):\n    raise ValueError('bad thing')"))
    result = await lab.invoke()
    assert result.function_error == "Unhandled"
    file = f"{lab.folder}/f/app.py"
    assert json.loads(result.payload) == {
        "errorMessage": "bad thing",
        "errorType": "ValueError",
        "requestId": result.request_id,
        "stackTrace": [
            f"  File \"{file}\", line 2, in handler\n    raise ValueError('bad thing')\n"
        ],
    }
    [line] = lab.output()
    assert line.startswith("[ERROR] ValueError: bad thing\nTraceback (most recent call last):\n")


@pytest.mark.rule("LAM-ERR-08", "LAM-RIC-04")
async def test_a_result_that_is_no_json_is_a_marshal_error(lab: Lab) -> None:
    await lab.serve(lab.python("def handler(event, context): return {1}"))
    error = await lab.fail()
    assert error["errorType"] == "Runtime.MarshalError"
    assert "Object of type set is not JSON serializable" in error["errorMessage"]


@pytest.mark.rule("LAM-ERR-10", "LAM-LIFE-02")
@pytest.mark.parametrize(
    ("source", "handler", "kind", "text"),
    [
        ("import nomod", "app.handler", "ImportModuleError", "No module named 'nomod'"),
        ("", "app.nope", "HandlerNotFound", "Handler 'nope' missing on module 'app'"),
        ("", "badname", "MalformedHandlerName", "Bad handler 'badname'"),
        ("def", "app.handler", "UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("", "sys.exit", "BuiltInModuleConflict", "Cannot use built-in module sys"),
    ],
)
async def test_a_handler_that_cannot_be_loaded_fails_each_call(
    lab: Lab, source: str, handler: str, kind: str, text: str
) -> None:
    await lab.serve(lab.python(source, handler=handler))
    for _ in range(2):
        error = await lab.fail()
        assert error["errorType"] == f"Runtime.{kind}"
        assert text in error["errorMessage"]
        assert error["requestId"] == ""


@pytest.mark.rule("LAM-ERR-03", "LAM-ERR-04", "LAM-RIC-03")
@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("sys.exit(0)", "Runtime exited without providing a reason"),
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(127)", "Runtime exited with error: exit status 127"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
        ("os.kill(os.getpid(), 11)", "Runtime exited with error: signal: segmentation fault"),
    ],
)
async def test_an_exit_in_mid_call_is_an_error_and_the_next_call_works(
    lab: Lab, statement: str, text: str
) -> None:
    source = f"""
    import os, sys
    def handler(event, context):
        if event:
            {statement}
        return "fine"
    """
    await lab.serve(lab.python(source))
    result = await lab.invoke(1)
    assert json.loads(result.payload) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {result.request_id} Error: {text}",
    }
    assert await lab.call(0) == "fine"
    assert any("Status: error\tError Type: Runtime.ExitError" in line for line in lab.platform())


@pytest.mark.rule("LAM-ERR-05", "LAM-RAPI-08", "LAM-ERR-13")
async def test_a_result_over_the_limit_is_an_error_and_the_next_call_works(lab: Lab) -> None:
    source = "def handler(size, context): return 'x' * size"
    await lab.serve(lab.python(source))
    largest = 6 * 1024 * 1024 + 100
    assert len(await lab.call(largest - 2)) == largest - 2
    result = await lab.invoke(largest - 1)
    assert result.payload == (
        b'{"errorMessage":"Response payload size exceeded maximum allowed payload size '
        b'(6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}'
    )
    assert await lab.call(1) == "x"


async def test_a_large_event_arrives_whole(lab: Lab) -> None:
    await lab.serve(lab.python("def handler(event, context): return len(event)"))
    assert await lab.call("x" * 6_000_000) == 6_000_000


@pytest.mark.rule("LAM-LOG-02")
async def test_print_and_logging_come_as_lambda_writes_them(lab: Lab) -> None:
    source = """
    import logging
    print("at import")
    def handler(event, context):
        print("plain")
        logging.warning("warned")
        logging.info("not shown")
    """
    await lab.serve(lab.python(source))
    result = await lab.invoke()
    assert result.payload == b"null"
    first, second, third = lab.output()
    assert (first, second) == ("at import", "plain")
    level, when, request_id, text = third.split("\t")
    assert (level, request_id, text) == ("[WARNING]", result.request_id, "warned")
    assert when.endswith("Z")


async def test_ten_megabytes_of_output_arrive_in_bounded_lines(lab: Lab) -> None:
    source = """
    def handler(event, context):
        print("x" * 10_000_000)
        for number in range(1000):
            print(number)
    """
    await lab.serve(lab.python(source))
    await lab.call()
    lines = lab.output()
    assert lines[-1000:] == [str(number) for number in range(1000)]
    assert sum(map(len, lines[:-1000])) == 10_000_000
    assert max(map(len, lines)) <= 256 * 1024


async def test_what_one_child_remembers_no_other_knows(lab: Lab) -> None:
    """Random numbers, temporary folders and credentials are each process's own."""
    source = """
    import boto3, random, tempfile, time
    client = boto3.client("apigatewaymanagementapi", endpoint_url="https://x.example")
    def handler(event, context):
        time.sleep(event)
        credentials = boto3.DEFAULT_SESSION.get_credentials()
        region = client.meta.region_name
        return [random.random(), tempfile.gettempdir(), credentials.access_key, region]
    """
    await lab.serve(lab.python(source, "f"), lab.python(source, "g"))
    one, other = await lab.call(0), await lab.call(0, "g")
    assert one[0] != other[0]
    assert one[1] != other[1]
    assert one[2:] == ["ASIA1OFf", "us-east-1"]
    assert other[2:] == ["ASIA2OFg", "us-east-1"]


@pytest.mark.rule("LAM-LOG-04")
async def test_json_logs_are_written_by_the_runtime_client_itself(lab: Lab) -> None:
    source = """
    import logging
    def handler(event, context):
        logging.getLogger().debug("hidden")
        logging.warning("warned")
        raise ValueError("bad")
    """
    await lab.serve(lab.python(source, log_format="JSON", log_level="INFO"))
    result = await lab.invoke()
    warned, failed = (json.loads(line) for line in lab.output())
    assert warned["level"] == "WARNING"
    assert warned["message"] == "warned"
    assert warned["requestId"] == failed["requestId"] == result.request_id
    assert failed["errorType"] == "ValueError"


async def test_signals_are_those_of_a_fresh_python(lab: Lab) -> None:
    source = """
    import signal
    def handler(event, context):
        return [signal.getsignal(number) == signal.SIG_DFL for number in event]
    """
    await lab.serve(lab.python(source))
    numbers: list[Any] = [signal.SIGCHLD, signal.SIGTERM]
    assert await lab.call(numbers) == [True, True]


async def test_a_handler_that_eats_memory_is_stopped(lab: Lab) -> None:
    source = """
    def handler(megabytes, context):
        return len(bytearray(megabytes * 1024 * 1024))
    """
    await lab.serve(lab.python(source))
    assert (await lab.fail(2048))["errorType"] == "MemoryError"
    assert await lab.call(200) == 200 * 1024 * 1024


@pytest.mark.rule("LAM-ERR-05", "LAM-RAPI-08")
async def test_an_error_may_be_too_large_too(lab: Lab) -> None:
    await lab.serve(lab.python("def handler(event, context): raise ValueError('x' * 7_000_000)"))
    assert (await lab.fail())["errorType"] == "Function.ResponseSizeTooLarge"
