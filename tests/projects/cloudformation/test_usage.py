"""API keys and usage plans."""

from pathlib import Path

import pytest

from projects.building import API, load_template
from routekey.errors import ProjectError
from routekey.projects import LoadOptions
from routekey.resources.usage import PlannedStage, QuotaSettings, ThrottleSettings


@pytest.mark.rule("CP-KEY-01", "CP-KEY-03")
def test_a_plan_has_its_keys_stages_and_limits(tmp_path: Path) -> None:
    project = load_template(
        tmp_path,
        f"""Resources:{API}
  Key:
    Type: AWS::ApiGateway::ApiKey
    Properties:
      Name: k
      Enabled: true
      Value: abcdefghijklmnopqrstuvwxyz
      Tags: [{{Key: a, Value: b}}]
  Made:
    Type: AWS::ApiGateway::ApiKey
    Properties: {{StageKeys: [{{RestApiId: !Ref Api, StageName: s}}]}}
  Plan:
    Type: AWS::ApiGateway::UsagePlan
    Properties:
      UsagePlanName: p
      ApiStages: [{{ApiId: !Ref Api, Stage: dev, Throttle: {{say: {{RateLimit: 1.5}}}}}}]
      Throttle: {{BurstLimit: 2, RateLimit: 3}}
      Quota: {{Limit: 4, Period: DAY}}
  Open: {{Type: AWS::ApiGateway::UsagePlan, Properties: {{Tags: {{a: b}}}}}}
  Member:
    Type: AWS::ApiGateway::UsagePlanKey
    Properties: {{KeyId: !Ref Key, KeyType: API_KEY, UsagePlanId: !Ref Plan}}
""",
    )
    (key, made), (plan, unlimited) = project.api_keys, project.usage_plans
    assert (key.name, key.enabled, key.value[:3], key.tags) == ("k", True, "abc", {"a": "b"})
    api_id = project.apis[0].api_id
    assert (made.enabled, len(made.value), made.stage_keys) == (False, 40, (f"{api_id}/s",))
    assert plan.key_ids == (key.id,)
    throttle = {"say": ThrottleSettings(rate_limit=1.5)}
    assert plan.api_stages == (PlannedStage(api_id=api_id, stage="dev", throttle=throttle),)
    assert plan.throttle == ThrottleSettings(burst_limit=2, rate_limit=3)
    assert plan.quota == QuotaSettings(limit=4, period="DAY")
    assert (unlimited.throttle, unlimited.quota, unlimited.tags) == (None, None, {"a": "b"})


def test_a_stage_of_a_plan_needs_an_api(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="the property ApiId is missing"):
        load_template(
            tmp_path,
            "Resources: {P: {Type: AWS::ApiGateway::UsagePlan, "
            "Properties: {ApiStages: [{Stage: a}]}}}",
        )


def test_a_value_that_the_template_does_not_have_is_no_guess(tmp_path: Path) -> None:
    template = "Resources: {Key: {Type: AWS::ApiGateway::ApiKey}}"
    options = LoadOptions()
    first, again = (load_template(tmp_path, template, options=options) for _ in range(2))
    (elsewhere,) = load_template(tmp_path, template).api_keys
    assert first.api_keys == again.api_keys
    assert elsewhere.id == first.api_keys[0].id
    assert elsewhere.value != first.api_keys[0].value
