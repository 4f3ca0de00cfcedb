"""A mapping integration, compiled: parameters, templates and responses, ready to be asked.

Lambda proxies map nothing and have no plan. Everything else has one, HTTP_PROXY for its parameters
alone (DP-INT-47). Templates are parsed here, once; a template that does not parse is an error of
the project and never of a message.

Source: DP-INT-40 to DP-INT-60.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from routekey.choices import DEFAULT_CHOICES, Choices
from routekey.errors import ProjectError
from routekey.languages.json_text import parse_json
from routekey.languages.regexes import Regex, RegexError
from routekey.languages.selection import Expression, Variable, parse_expression
from routekey.languages.vtl import Template, compile_template
from routekey.resources.api import (
    ContentHandling,
    Integration,
    IntegrationResponse,
    IntegrationType,
    PassthroughBehavior,
    placed,
)
from routekey.resources.parameters import ParameterMapping, parse_parameters

_STATUS_CODE: Final = re.compile(r"""["']?statusCode["']?\s*:\s*["']?(\d{3})\b""")
_STATUSES: Final = range(200, 600)
_DEFAULT_KEY: Final = "$default"
_AROUND: Final[Mapping[str, tuple[str, str]]] = {
    "whole": ("", ""),
    "start": ("", r"[\s\S]*"),
    "part": (r"[\s\S]*", r"[\s\S]*"),
}
"""What may stand before and after what a response key's pattern matches (DP-UNK-30)."""
_FALLBACKS: Final = (_DEFAULT_KEY, "application/json")
"""Which template is taken where the expression, if any, names none (DP-INT-45, DP-UNK-13)."""

Lookup = Callable[[Variable], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """A map of templates and the expression that chooses among them. Source: DP-INT-43, -55."""

    selection: Expression | None
    by_key: Mapping[str, Template]
    default: Template | None
    """What is taken where there is no expression, or it selects nothing (DP-INT-45)."""

    def select(self, lookup: Lookup) -> Template | None:
        """Choose a template; None where none matches."""
        if self.selection is not None:
            chosen = self.by_key.get(self.selection.evaluate(lookup))
            if chosen is not None:
                return chosen
        return self.default


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsePlan:
    """One integration response. Source: DP-INT-53, DP-INT-54."""

    pattern: Regex | None
    """Matched against the whole value; None is `$default`."""
    templates: Templates
    content_handling: ContentHandling | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationPlan:
    """What to send, and what to make of the answer."""

    parameters: tuple[ParameterMapping, ...]
    templates: Templates
    passthrough: PassthroughBehavior
    content_handling: ContentHandling | None
    responses: tuple[ResponsePlan, ...]
    """Patterns first, `$default` last."""
    is_proxy: bool
    timeout_ms: int
    constant_status: int | None
    """MOCK's status, where its template is the same for every message; else None."""

    by_status: dict[int, ResponsePlan | None] = field(default_factory=dict)
    """What `find_status_response` found before: as many as statuses have come back."""

    def find_response(self, value: str) -> ResponsePlan | None:
        """Find the integration response for an answer; None is a configuration error."""
        for response in self.responses:
            if response.pattern is None or response.pattern.matches(value):
                return response
        return None

    def find_status_response(self, status: int) -> ResponsePlan | None:
        """Find the integration response for a status: the same each time, so looked up once."""
        if status not in self.by_status:
            self.by_status[status] = self.find_response(str(status))
        return self.by_status[status]


def compile_plan(
    integration: Integration,
    choices: Choices = DEFAULT_CHOICES,
) -> IntegrationPlan | None:
    """Compile what an integration maps; None for a Lambda proxy.

    Raises:
        InputError: a parameter, template, expression or pattern does not parse.
    """
    if integration.integration_type is IntegrationType.AWS_PROXY:
        return None
    with placed(integration.origin):
        responses = tuple(
            _compile_response(response, choices) for response in integration.responses
        )
        templates = _compile_templates(
            integration.template_selection_expression, integration.request_templates, choices
        )
        is_mock = integration.integration_type is IntegrationType.MOCK
        return IntegrationPlan(
            parameters=parse_parameters(integration.request_parameters),
            templates=templates,
            passthrough=integration.passthrough_behavior,
            content_handling=integration.content_handling_strategy,
            responses=tuple(sorted(responses, key=lambda response: response.pattern is None)),
            is_proxy=integration.integration_type is IntegrationType.HTTP_PROXY,
            timeout_ms=integration.timeout_in_millis,
            constant_status=_find_constant_status(templates) if is_mock else None,
        )


def read_mock_status(body: bytes) -> int | None:
    """Read MOCK's status from its rendered request template. Source: DP-INT-40, DP-INT-41.

    AWS takes `{statusCode: 200}` too, which is no JSON. None where there is no status that an
    answer can have.
    """
    parsed = parse_json(body)
    status = parsed.get("statusCode") if isinstance(parsed, dict) else None
    if not isinstance(status, int) or isinstance(status, bool):
        match = _STATUS_CODE.search(body.decode(errors="replace"))
        status = None if match is None else int(match[1])
    return status if status in _STATUSES else None


def _find_constant_status(templates: Templates) -> int | None:
    """Tell MOCK's status now, where no message can change which template it is or what it says."""
    if templates.selection is not None:
        return None
    template = templates.select(lambda _variable: "")
    text = None if template is None else template.constant
    return None if text is None else read_mock_status(text.encode())


def _compile_response(response: IntegrationResponse, choices: Choices) -> ResponsePlan:
    key = _plain_key(response.integration_response_key)
    return ResponsePlan(
        pattern=None if key == _DEFAULT_KEY else _compile_pattern(key, choices),
        templates=_compile_templates(
            response.template_selection_expression, response.response_templates, choices
        ),
        content_handling=response.content_handling_strategy,
    )


def _compile_pattern(key: str, choices: Choices) -> Regex:
    is_pattern = len(key) > 1 and key[0] == key[-1] == "/"
    pattern = key[1:-1] if is_pattern else re.escape(key)
    try:
        before, after = _AROUND[choices.response_key_match]
        if after:
            Regex(pattern)  # so that it is refused as it was written
            pattern = f"{before}(?:{pattern}){after}"
        return Regex(pattern)
    except RegexError as error:
        raise ProjectError(
            f"the integration response key {key!r} is no regular expression: {error}",
            remedy="Write $default, or a pattern between slashes such as /4\\d{2}/.",
        ) from None


def _compile_templates(
    selection: str | None, templates: Mapping[str, str], choices: Choices
) -> Templates:
    by_key = {_plain_key(key): compile_template(text) for key, text in templates.items()}
    fallbacks = _FALLBACKS[:1] if choices.unselected_template == "default" else _FALLBACKS
    default = next((by_key[key] for key in fallbacks if key in by_key), None)
    expression = parse_expression(selection) if selection else None
    if expression is not None and (key := expression.constant) is not None:
        # `\$default`, as AWS's samples write: what is the same for all messages is chosen now.
        expression, default = None, by_key.get(key, default)
    return Templates(selection=expression, by_key=by_key, default=default)


def _plain_key(key: str) -> str:
    r"""Read `\$default` as `$default`: AWS's own samples write both. Source: DP-INT-44."""
    return key.replace("\\$", "$")
