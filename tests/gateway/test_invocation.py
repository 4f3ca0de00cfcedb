"""The step that asks: what is asked, what is noted, and what a mock spares."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from routekey.errors import IntegrationFailure
from routekey.gateway.inputs import Inputs
from routekey.gateway.invocation import ask_integration
from routekey.gateway.journal import EventJournal
from routekey.gateway.ports import LambdaOutcome, MockCall, MockOutcome
from routekey.resources.api import Api, Integration, IntegrationType
from routekey.testing.apis import make_api
from routekey.testing.world import FakeWorld

FUNCTION = make_api({"$default": "answer"})
MOCK = replace(
    make_api({"$default": "a"}),
    integrations=(
        Integration(
            integration_id="a",
            integration_type=IntegrationType.MOCK,
            request_templates={"$default": '{"statusCode": 201}'},
        ),
    ),
)


class Asked:
    """A message that has come as far as its integration."""

    def __init__(self, api: Api) -> None:
        self.fake = FakeWorld(api, handlers={"answer": self.answer})
        (snapshot,) = self.fake.world.directory.snapshots[api.api_id].values()
        event = self.fake.message(self.fake.open(api), b'{"a":1}')
        self.inputs = Inputs(snapshot, snapshot.routes["$default"], event)
        self.journal = EventJournal(event)

    def answer(self, _: Mapping[str, Any]) -> object:
        self.fake.clock.advance(0.25)
        return {"statusCode": 200}


@pytest.mark.rule("DP-INT-05")
@pytest.mark.parametrize("is_noted", [True, False])
async def test_a_function_is_asked_once_whether_or_not_anybody_takes_notes(
    *, is_noted: bool
) -> None:
    asked = Asked(FUNCTION)
    journal = asked.journal if is_noted else None
    outcome = await ask_integration(asked.fake.world, asked.inputs, journal)
    assert isinstance(outcome, LambdaOutcome)
    assert len(asked.fake.functions.calls) == 1
    assert asked.journal.integration_latency_ms == (250 if is_noted else None)
    assert asked.journal.outcome == (outcome if is_noted else None)


async def test_how_long_a_failure_took_is_noted_too() -> None:
    asked = Asked(make_api({"$default": "nobody"}))
    with pytest.raises(IntegrationFailure):
        await ask_integration(asked.fake.world, asked.inputs, asked.journal)
    assert asked.journal.integration_latency_ms == 0
    assert asked.journal.outcome is None
    assert asked.journal.call is not None


@pytest.mark.rule("DP-INT-40")
@pytest.mark.parametrize("is_noted", [True, False])
async def test_a_mock_asks_nobody_and_takes_no_time(*, is_noted: bool) -> None:
    asked = Asked(MOCK)
    journal = asked.journal if is_noted else None
    outcome = await ask_integration(asked.fake.world, asked.inputs, journal)
    assert outcome == MockOutcome(status=201)
    assert asked.journal.call == (MockCall(status=201) if is_noted else None)
    assert asked.journal.integration_latency_ms is None
