"""An ASGI application on the wire: real sockets, a real Starlette."""

import asyncio
import http.client
from asyncio import to_thread
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from routekey.adapters.system import SystemClock
from routekey.endpoints.asgi import AsgiApplication
from routekey.endpoints.wire import Listener
from routekey.endpoints.wire.settings import Settings
from scenarios.running import wait_until


async def show(request: Request) -> Response:
    return JSONResponse(
        {
            "method": request.method,
            "path": request.url.path,
            "raw_path": request.scope["raw_path"].decode(),
            "query": request.query_params["q"],
            "header": request.headers["X-Asked"],
            "body": (await request.body()).decode(),
        },
        status_code=202,
        headers={"X-Answered": "yes"},
    )


async def stream(_: Request) -> Response:
    return StreamingResponse(iter(["in ", "parts"]))


async def fail(_: Request) -> Response:
    raise ValueError("no")


told: list[str] = []


async def wait(request: Request) -> Response:
    await request.body()
    told.append("asked")
    told.append((await request.receive())["type"])
    return Response()


APPLICATION = Starlette(
    routes=[
        Route("/a{rest:path}", show, methods=["POST"]),
        Route("/stream", stream),
        Route("/fail", fail),
        Route("/wait", wait),
    ]
)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listener = await Listener.start(
        AsgiApplication(lambda: APPLICATION),
        "127.0.0.1",
        0,
        clock=SystemClock(),
        settings=replace(Settings(), body_bytes_max=100),
    )
    yield listener
    listener.close()
    await listener.wait_closed()


async def ask(listener: Listener, method: str, target: str, body: str = "") -> tuple[int, str, str]:
    def work() -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=60)
        try:
            connection.request(method, target, body, {"X-Asked": "this"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.getheader("X-Answered", "")
        finally:
            connection.close()

    return await to_thread(work)


async def test_a_request_arrives_as_it_was_sent_and_its_answer_too(listener: Listener) -> None:
    status, body, answered = await ask(listener, "POST", "/a%2Fb?q=1%202", "hello")
    assert (status, answered) == (202, "yes")
    assert body == (
        '{"method":"POST","path":"/a/b","raw_path":"/a%2Fb","query":"1 2","header":"this",'
        '"body":"hello"}'
    )


async def test_an_answer_in_parts_is_put_together(listener: Listener) -> None:
    assert await ask(listener, "GET", "/stream") == (200, "in parts", "")


async def test_an_application_learns_that_nobody_waits_any_more(listener: Listener) -> None:
    told.clear()
    _, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    writer.write(b"GET /wait HTTP/1.1\r\nHost: here\r\n\r\n")
    await wait_until(lambda: told == ["asked"], "the request")
    writer.close()
    await wait_until(lambda: told == ["asked", "http.disconnect"], "the end")


async def test_what_fails_is_logged_and_answered(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    status, _, _ = await ask(listener, "GET", "/fail")
    assert status == 500
    assert "a request to one of AWS's APIs failed" in caplog.text


async def test_a_body_over_the_bound_is_refused(listener: Listener) -> None:
    status, _, _ = await ask(listener, "POST", "/a?q=1", 101 * "x")
    assert status == 413
