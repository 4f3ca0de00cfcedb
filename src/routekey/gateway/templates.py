"""Rendering a mapping template for an event. Source: DP-VTL-01 to DP-VTL-17."""

from typing import Final

from routekey.errors import ApiConfigurationError
from routekey.gateway.inputs import Inputs
from routekey.languages.vtl import Input, Template, TemplateRenderError, Util

_UTIL: Final = Util()


def render(template: Template, inputs: Inputs, payload: str) -> str:
    """Render a template.

    Args:
        template: the compiled template.
        inputs: the event: `$context`, `$stageVariables` and the handshake's parameters.
        payload: what `$input` reads: the message, or an integration's answer.

    Raises:
        ApiConfigurationError: the template failed (DP-VTL-16).
    """
    if template.constant is not None:
        return template.constant
    if template.is_body:
        return payload or "{}"
    scope = {
        "context": inputs.context,
        "input": Input(payload, inputs.params),
        "stageVariables": dict(inputs.stage_variables),  # the stage's own are everybody's
        "util": _UTIL,
    }
    try:
        return template.render(scope)
    except TemplateRenderError as error:
        raise ApiConfigurationError(f"a mapping template failed: {error}") from error
