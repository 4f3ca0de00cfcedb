"""Mapping templates: the Velocity Template Language as API Gateway has it.

An interpreter of our own: the engines that exist speak Java Velocity's dialect, not AWS's, print
collections as Python does, and bound nothing.

`scanner`, `expressions` and `parser` read the text into `nodes` (directives), `references` and
`terms` (other expressions), each of which is then compiled into a closure; `rendering` is one run
of them; `values`, `members` and the `…_methods` are what values can do; `objects` are `$input` and
`$util`.
"""

from routekey.languages.vtl.objects import Input, Params, Util
from routekey.languages.vtl.rendering import Limits, TemplateRenderError
from routekey.languages.vtl.template import Template, compile_template

__all__ = [
    "Input",
    "Limits",
    "Params",
    "Template",
    "TemplateRenderError",
    "Util",
    "compile_template",
]
