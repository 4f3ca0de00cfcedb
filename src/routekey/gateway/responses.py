"""What becomes of an integration's answer: a reply, an open connection, a refusal.

A Lambda proxy says it itself (`proxy_answer.py`), an HTTP proxy's answer is taken as it is, and for
all others the integration responses decide: one is chosen by the answer, and its template writes
the text. On a message status and headers go nowhere (DP-INT-14). Source: DP-INT-10 to -60.
"""

from base64 import b64encode
from dataclasses import dataclass
from functools import partial
from typing import Final

from routekey.errors import ApiConfigurationError, IntegrationFailure
from routekey.gateway.events import MessageEvent
from routekey.gateway.inputs import Inputs, outcome_body, outcome_variable
from routekey.gateway.ports import HttpOutcome, IntegrationOutcome, LambdaOutcome, MockOutcome
from routekey.gateway.proxy_answer import ProxyAnswer, read_proxy_answer
from routekey.gateway.templates import render
from routekey.languages.json_text import parse_json
from routekey.languages.selection import Source, Variable, stringify
from routekey.quotas import MESSAGE_BYTES_MAX
from routekey.resources.api import ContentHandling
from routekey.resources.integration_plan import IntegrationPlan

_NOT_PASSED: Final = frozenset(
    {
        "connection",
        "content-length",
        "content-type",
        "date",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers of a refusal that stay here: hop-by-hop, and the gateway's own (DP-HSK-14)."""
_ACCEPTED: Final = range(200, 300)
_FAILED_MIN: Final = 400
_RESPONSE_SOURCES: Final = frozenset(
    {
        Source.RESPONSE_STATUS,
        Source.RESPONSE_HEADER,
        Source.RESPONSE_MULTI_VALUE_HEADER,
        Source.RESPONSE_BODY,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The `$connect` integration's own no. Source: DP-HSK-14."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def build_reply(
    inputs: Inputs, outcome: IntegrationOutcome, bytes_max: int = MESSAGE_BYTES_MAX
) -> bytes | None:
    """Decide what goes back to the client after a message.

    The answer of a one-way route is read too: it goes nowhere, but a bad one is an error that the
    client is told of (DP-INT-10, DP-INT-16).

    Returns:
        The text of one message, or None where nothing is sent.

    Raises:
        GatewayResponse: the function failed, no integration response matches, or the answer is
            malformed or too large.
    """
    body = _read_reply(inputs, outcome)
    if not inputs.route.is_two_way or body is None:
        return None
    if len(body) > bytes_max:  # DP-UNK-33
        if inputs.snapshot.choices.oversized_reply == "nothing":
            return None
        raise IntegrationFailure(
            f"the reply has {len(body)} bytes, more than the {bytes_max} allowed"
        )
    return body


def read_connect_outcome(inputs: Inputs, outcome: IntegrationOutcome) -> str | Refusal | None:
    """Decide about a handshake by what its `$connect` integration answered.

    Returns:
        A `Refusal`, or for an accepted connection the sub-protocol that the integration chose,
        None where it chose none (DP-HSK-07, DP-HSK-08).

    Raises:
        GatewayResponse: as `build_reply` (DP-HSK-12).
    """
    answer = _read_connect_answer(inputs, outcome)
    if answer.status in _ACCEPTED:
        chosen = answer.headers.get("sec-websocket-protocol")
        return chosen[-1] if chosen else None
    passed = tuple(
        (name, value)
        for name, values in answer.headers.items()
        if name not in _NOT_PASSED and inputs.snapshot.choices.refusal_headers == "pass"
        for value in values
    )
    return Refusal(status=answer.status, headers=passed, body=answer.body or b"")


def _read_reply(inputs: Inputs, outcome: IntegrationOutcome) -> bytes | None:
    plan = inputs.route.plan
    if plan is None:
        return _read_proxy_reply(inputs, outcome)
    return outcome_body(outcome) if plan.is_proxy else _map_answer(inputs, plan, outcome)


def _read_connect_answer(inputs: Inputs, outcome: IntegrationOutcome) -> ProxyAnswer:
    plan = inputs.route.plan
    if plan is None:
        choices = inputs.snapshot.choices
        return read_proxy_answer(_of_function(outcome), choices, is_connect=True)
    if plan.is_proxy and isinstance(outcome, HttpOutcome):
        headers: dict[str, tuple[str, ...]] = {}
        for name, value in outcome.headers:
            headers[name.lower()] = (*headers.get(name.lower(), ()), value)
        return ProxyAnswer(status=outcome.status, headers=headers, body=outcome.body)
    status = 200 if isinstance(outcome, LambdaOutcome) else outcome.status
    return ProxyAnswer(status=status, headers={}, body=_map_answer(inputs, plan, outcome))


def _read_proxy_reply(inputs: Inputs, outcome: IntegrationOutcome) -> bytes | None:
    """Read what a function answers to a message. Source: DP-INT-16."""
    outcome, choices = _of_function(outcome), inputs.snapshot.choices
    if choices.null_reply == "nothing" and inputs.route.is_two_way and _is_null(outcome):
        return None  # DP-UNK-09
    answer = read_proxy_answer(outcome, choices, is_connect=False)
    if answer.status >= _FAILED_MIN and choices.failed_reply == "error":  # DP-UNK-10
        raise IntegrationFailure(f"the function answered with status {answer.status}")
    return answer.body


def _of_function(outcome: IntegrationOutcome) -> LambdaOutcome:
    if not isinstance(outcome, LambdaOutcome):
        raise AssertionError("only a Lambda proxy has no plan")  # noqa: TRY004  # cannot be
    return outcome


def _is_null(outcome: LambdaOutcome) -> bool:
    return outcome.function_error is None and outcome.payload.strip() == b"null"


def _map_answer(inputs: Inputs, plan: IntegrationPlan, outcome: IntegrationOutcome) -> bytes:
    """Choose the integration response, and render its template. Source: DP-INT-52 to DP-INT-57."""
    if isinstance(outcome, LambdaOutcome):
        response = plan.find_response(_error_message(outcome))
    else:
        response = plan.find_status_response(outcome.status)
    if response is None:
        raise ApiConfigurationError(f"no integration response matches {_matched(outcome)!r}")
    if response.templates.selection is None:
        template = response.templates.default
    else:
        template = response.templates.select(partial(_find_variable, inputs, outcome))
    if isinstance(outcome, MockOutcome):
        # MOCK answers nothing: its response template reads the request (DP-INT-40).
        if template is None:
            return b""
        if template.is_body and isinstance(inputs.event, MessageEvent):
            return inputs.event.body or b"{}"  # as it came, rather than decoded and encoded
        return render(template, inputs, inputs.body).encode(errors="replace")
    body = outcome_body(outcome)
    if response.content_handling is ContentHandling.CONVERT_TO_TEXT and isinstance(
        outcome, HttpOutcome
    ):
        body = b64encode(body)  # DP-INT-58
    if template is None:
        return body
    return render(template, inputs, body.decode(errors="replace")).encode(errors="replace")


def _find_variable(inputs: Inputs, outcome: IntegrationOutcome, variable: Variable) -> str:
    if variable.source in _RESPONSE_SOURCES:
        return outcome_variable(outcome, variable)
    return inputs.evaluate(variable)


def _matched(outcome: IntegrationOutcome) -> str:
    """Give what response keys are matched against (DP-INT-52)."""
    return _error_message(outcome) if isinstance(outcome, LambdaOutcome) else str(outcome.status)


def _error_message(outcome: LambdaOutcome) -> str:
    """Give what response keys are matched against for a function (DP-INT-52); empty for success."""
    parsed = parse_json(outcome.payload)
    message = parsed.get("errorMessage") if isinstance(parsed, dict) else None
    return "" if message is None else stringify(message)
