"""The other examples, each a kind of project that people have, used as its README says."""

import asyncio
import json
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from scenarios.conftest import RoutekeyRun
from scenarios.running import REPOSITORY, WAIT_SECONDS_MAX, ask, wait_until

EXAMPLES = REPOSITORY / "examples"


async def test_dice_are_rolled(routekey_run: RoutekeyRun) -> None:
    """SAM, an ES module, one permission a route, the endpoint from a variable."""
    running = await routekey_run(EXAMPLES / "dice")
    async with running.connect() as client:
        rolled = json.loads(await ask(client, '{"action": "roll", "sides": 20}'))
        assert rolled["sides"] == 20
        assert rolled["rolled"] in range(1, 21)
        assert "error" in json.loads(await ask(client, "hello"))


@pytest.mark.rule("DP-AUT-03", "DP-AUT-06")
async def test_the_guarded_echo_lets_only_friends_in(routekey_run: RoutekeyRun) -> None:
    """Serverless Framework, a Lambda authorizer: missing is 401, wrong is 403."""
    running = await routekey_run(EXAMPLES / "guarded-echo")
    secret = "open-sesame"
    readme = (EXAMPLES / "guarded-echo" / "README.md").read_text()
    assert secret in readme
    for headers, status in (({}, 401), ({"Auth": "let me in"}, 403)):
        with pytest.raises(InvalidStatus) as refused:
            await running.connect(additional_headers=headers)
        assert refused.value.response.status_code == status
    async with running.connect(additional_headers={"Auth": secret}) as client:
        assert await ask(client, "hello") == "hello"


async def test_a_question_is_answered_by_the_route_response(routekey_run: RoutekeyRun) -> None:
    """Serverless Framework, Python; the HTTP route beside it is named and left out."""
    running = await routekey_run(EXAMPLES / "question-and-answer")
    async with running.connect() as client:
        question = {"type": "ask", "question": "What is the answer?"}
        answer = json.loads(await ask(client, json.dumps(question)))
        assert answer == {"question": "What is the answer?", "answer": "42"}
    await running.wait_for_output("only WebSocket APIs are served")


class Log:
    """What the functions of a gateway have done, as its log files tell."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def count(self) -> int:
        """Count the calls that have ended."""
        return sum(file.read_text().count("REPORT ") for file in self._folder.rglob("*.log"))

    async def act(self, client: ClientConnection, **message: str) -> None:
        """Send what gets no answer, and wait until the function has done it."""
        before = self.count()
        await client.send(json.dumps(message))
        await wait_until(lambda: self.count() > before, "the end of the call")


async def test_rooms_are_kept_in_a_warm_process(routekey_run: RoutekeyRun, tmp_path: Path) -> None:
    """CDK, state in a module variable: the same process has to be used while it is free."""
    log, settings = Log(tmp_path / "logs"), tmp_path / "routekey.toml"
    settings.write_text(f'[telemetry]\nlog_folder = "{tmp_path / "logs"}"\n')
    running = await routekey_run(EXAMPLES / "rooms-in-memory", "--config", str(settings))
    async with running.connect() as one, running.connect() as two, running.connect() as other:
        for client, room in ((one, "blue"), (two, "blue"), (other, "red")):
            await log.act(client, action="join", room=room)
        await log.act(one, action="send", message="hello, blue")
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            assert await two.recv() == "hello, blue"
        await log.act(other, action="send", message="nobody else is here")


async def test_a_constant_answer_needs_no_function(routekey_run: RoutekeyRun) -> None:
    """Terraform, MOCK."""
    running = await routekey_run(EXAMPLES / "constant-answer")
    async with running.connect() as client:
        assert json.loads(await ask(client, "anything")) == {"answer": "All is well."}


async def test_a_notice_reaches_everybody_who_is_on_the_board(routekey_run: RoutekeyRun) -> None:
    """SAM, version 2 of the SDK, a table in the emulator, an endpoint without a scheme."""
    running = await routekey_run(EXAMPLES / "notice-board")
    async with running.connect() as one:
        async with running.connect() as two:
            notice = {"action": "post", "data": "Lost: one umbrella"}
            assert await ask(one, json.dumps(notice)) == "Lost: one umbrella"
            async with asyncio.timeout(WAIT_SECONDS_MAX):
                assert await two.recv() == "Lost: one umbrella"
        notice = {"action": "post", "data": "Found it"}
        assert await ask(one, json.dumps(notice)) == "Found it"
