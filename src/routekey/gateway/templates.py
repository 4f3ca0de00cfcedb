"""Rendering a mapping template for an event. Source: DP-VTL-01 to DP-VTL-17."""

from routekey.errors import ApiConfigurationError
from routekey.gateway.handshake import last_values
from routekey.gateway.inputs import Inputs
from routekey.languages.vtl import Input, Params, Template, TemplateRenderError, Util


def render(template: Template, inputs: Inputs, payload: str) -> str:
    """Render a template.

    Args:
        template: the compiled template.
        inputs: the event: `$context`, `$stageVariables` and the handshake's parameters.
        payload: what `$input` reads: the message, or an integration's answer.

    Raises:
        ApiConfigurationError: the template failed (DP-VTL-16).
    """
    parameters = Params(querystring=last_values(inputs.query), header=last_values(inputs.headers))
    scope: dict[str, object] = {
        "context": inputs.context,
        "input": Input(payload, parameters),
        "stageVariables": dict(inputs.stage_variables),
        "util": Util(),
    }
    try:
        return template.render(scope)
    except TemplateRenderError as error:
        raise ApiConfigurationError(f"a mapping template failed: {error}") from error
