"""One rendering: what it writes, captures and may do."""

import pytest

from routekey.languages.vtl.nodes import Body, Text
from routekey.languages.vtl.rendering import LIMITS, Limits, Rendering, TemplateRenderError


def test_what_is_written_is_kept_in_order() -> None:
    rendering = Rendering({}, LIMITS)
    rendering.write("a")
    rendering.write("b")
    assert rendering.parts == ["a", "b"]


def test_what_is_captured_is_not_written() -> None:
    rendering = Rendering({}, LIMITS)
    rendering.write("a")
    assert rendering.capture(Body((Text("b"), Text("c"))).compile()) == "bc"
    rendering.write("d")
    assert rendering.parts == ["a", "d"]


def test_a_capture_that_fails_leaves_the_output_alone() -> None:
    rendering = Rendering({}, Limits(characters_max=2))
    rendering.write("a")
    with pytest.raises(TemplateRenderError, match="more than 2 characters"):
        rendering.capture(Text("too long").compile())
    assert rendering.parts == ["a"]


def test_what_is_captured_counts_too() -> None:
    rendering = Rendering({}, Limits(characters_max=3))
    rendering.capture(Text("abc").compile())
    with pytest.raises(TemplateRenderError):
        rendering.write("d")


def test_depth_has_a_bound() -> None:
    def capture_again(rendering: Rendering) -> None:
        rendering.capture(capture_again)

    rendering = Rendering({}, LIMITS)
    for _ in range(2):  # the depth is put back where it ends
        with pytest.raises(TemplateRenderError, match="nest deeper than 60"):
            rendering.capture(capture_again)


def test_steps_have_a_bound() -> None:
    rendering = Rendering({}, Limits(steps_max=1))
    rendering.step()
    with pytest.raises(TemplateRenderError, match="over 1 steps"):
        rendering.step()


def test_an_error_tells_its_line_if_it_knows_it() -> None:
    error = TemplateRenderError("it broke")
    assert str(error) == "it broke"
    error.line = 3
    assert str(error) == "line 3: it broke"
