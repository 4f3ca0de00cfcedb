"""The example `examples/echo`, from the command line to the frame."""

import asyncio
import http.client
import json
import re

import pytest
from websockets.exceptions import InvalidStatus

from scenarios.conftest import RoutekeyRun
from scenarios.running import REPOSITORY, WAIT_SECONDS_MAX, ask

ECHO = REPOSITORY / "examples" / "echo"


@pytest.mark.rule("DP-RTE-01")
async def test_a_message_brings_the_answer_of_its_route(routekey_run: RoutekeyRun) -> None:
    running = await routekey_run(ECHO)
    async with running.connect() as client:
        answer = await ask(client, '{"action":"echoMessage","message":"hello there..."}')
        assert answer == '"Your message was: hello there..."'


async def test_a_message_without_a_route_of_its_own_goes_to_default(
    routekey_run: RoutekeyRun,
) -> None:
    running = await routekey_run(ECHO)
    async with running.connect() as client:
        assert await ask(client, "no JSON at all") == '"responding..."'
        assert await ask(client, '{"action":"unknown"}') == '"responding..."'


async def test_the_goodbye_runs_and_its_output_is_shown(routekey_run: RoutekeyRun) -> None:
    """Each line has the function's name and the request's id."""
    running = await routekey_run(ECHO)
    async with running.connect() as client:
        await client.close(4001, "enough")
    await running.wait_for_output("'disconnectStatusCode': 4001")
    line = next(line for line in running.output.splitlines() if "disconnectStatusCode" in line)
    assert re.match(r"\S*[Dd]isconnect\S* [0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12} ", line)


async def test_the_ready_file_tells_every_address(routekey_run: RoutekeyRun) -> None:
    running = await routekey_run(ECHO)
    port = running.addresses["gateway"].rpartition(":")[2]
    assert running.addresses["gateway"] == f"http://127.0.0.1:{port}"
    assert running.addresses["admin"].startswith("http://127.0.0.1:")
    assert running.addresses["apis"] == [
        {
            "apiId": "6behyoa40f",
            "stage": "dev",
            "url": f"ws://127.0.0.1:{port}/dev",
            "callbackUrl": "https://6behyoa40f.execute-api.eu-west-2.amazonaws.com/dev",
        }
    ]


async def test_the_console_says_what_is_served_and_what_to_try(routekey_run: RoutekeyRun) -> None:
    running = await routekey_run(ECHO)
    await running.wait_for_output("Ctrl-C stops")
    for text in ("template.yaml", running.url, "echoMessage", "$connect", "$default"):
        assert text in running.output
    command = re.search(r"routekey connect (\S+)", running.output)
    message = re.search(r"then type +(\{.*\})", running.output)
    assert command is not None
    assert command[1] == running.url
    assert message is not None
    assert json.loads(message[1])["action"] == "echoMessage"


async def test_the_admin_listener_says_that_it_is_ready(routekey_run: RoutekeyRun) -> None:
    running = await routekey_run(ECHO)
    host = running.addresses["admin"].removeprefix("http://")

    def get() -> int:
        connection = http.client.HTTPConnection(host, timeout=WAIT_SECONDS_MAX)
        connection.request("GET", "/readyz")
        status = connection.getresponse().status
        connection.close()
        return status

    assert await asyncio.to_thread(get) == 200


@pytest.mark.rule("DP-HSK-13")
async def test_an_unknown_stage_is_refused(routekey_run: RoutekeyRun) -> None:
    running = await routekey_run(ECHO)
    running.addresses["apis"][0]["url"] += "x"
    with pytest.raises(InvalidStatus) as refused:
        await running.connect()
    assert refused.value.response.status_code == 403


async def test_many_clients_are_served_side_by_side(routekey_run: RoutekeyRun) -> None:
    running = await routekey_run(ECHO)

    async def talk(number: int) -> str:
        async with running.connect() as client:
            return await ask(client, json.dumps({"action": "echoMessage", "message": f"{number}"}))

    answers = await asyncio.gather(*(talk(number) for number in range(20)))
    assert answers == [f'"Your message was: {number}"' for number in range(20)]
