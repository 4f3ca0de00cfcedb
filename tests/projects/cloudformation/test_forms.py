"""Every form can be written out, for any name."""

import pytest

from projects.building import open_stack
from routekey.projects.cloudformation.forms import FORMS

NEEDED = "{DomainName: d, StageName: s, FunctionName: f, Name: n, Type: t, Value: v}"


@pytest.mark.rule("CP-CFN-01", "CP-CFN-02")
@pytest.mark.parametrize("kind", sorted(FORMS))
def test_every_form_gives_its_reference_and_its_attributes(kind: str) -> None:
    stack = open_stack(f"Resources: {{R: {{Type: {kind}, Properties: {NEEDED}}}}}")
    place = stack.template.document.place()
    values = [stack.reference("R", place)]
    values += [stack.attribute("R", name, place) for name in FORMS[kind].attributes]
    assert all(isinstance(value, str) and value and "{" not in value for value in values)
    assert stack.notices.all() == ()
