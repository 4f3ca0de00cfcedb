"""A compiled template: read once, when a deployment is compiled; rendered for each message."""

from dataclasses import dataclass

from routekey.errors import TemplateError
from routekey.languages.vtl.nodes import BreakLoop, Printed, StopRendering, Text
from routekey.languages.vtl.parser import read_template
from routekey.languages.vtl.references import Property, Reference
from routekey.languages.vtl.rendering import (
    LIMITS,
    Limits,
    Rendering,
    TemplateRenderError,
    WriteBlock,
)
from routekey.languages.vtl.scanner import Scanner
from routekey.quotas import TEMPLATE_BYTES_MAX


@dataclass(frozen=True, slots=True)
class Template:
    """One mapping template."""

    write: WriteBlock
    """What writes it."""
    constant: str | None = None
    """What it renders, where that is the same for every input; None where it is not."""
    is_body: bool = False
    """Whether it is `$input.body` and nothing else: the payload, or `{}` (VTL-INP-01)."""

    def render(self, scope: dict[str, object], limits: Limits = LIMITS) -> str:
        """Render the template.

        Args:
            scope: variables by name: `input` an `Input`, `util` a `Util`, `context` and
                `stageVariables` maps. Values are strings, booleans, numbers, lists, maps and
                objects like those two. A map is a `dict`, which the template may change, or a
                `MappingProxyType`, which it may not. `#set` adds its variables to the scope.
            limits: what the rendering may do.

        Raises:
            TemplateRenderError: the template failed on this input, or passed a limit. Nothing
                else is ever raised.
        """
        rendering = Rendering(scope, limits)
        try:
            self.write(rendering)
        except (StopRendering, BreakLoop):
            rendering.spend(0)  # what was printed last is counted, but not looked at
        except RecursionError:
            raise TemplateRenderError("the template or a value nests too deep") from None
        return "".join(rendering.parts)


def compile_template(text: str) -> Template:
    """Compile a template.

    Raises:
        TemplateError: it is malformed, or larger than 300 KB (DP-VTL-14); the error names the
            line. AWS takes such a template and answers every message with an error
            (VTL-LIM-02).
    """
    if len(text) > TEMPLATE_BYTES_MAX or len(text.encode("utf-8", "replace")) > TEMPLATE_BYTES_MAX:
        raise TemplateError(f"the template is larger than {TEMPLATE_BYTES_MAX} bytes")
    body = read_template(Scanner(text, read_template))
    write = body.compile()
    match body.nodes:
        case ():
            return Template(write, constant="")
        case (Text(constant),):
            return Template(write, constant=constant)
        case (Printed((Reference("input", (Property("body"),)),)),):
            return Template(write, is_body=True)
    return Template(write)
