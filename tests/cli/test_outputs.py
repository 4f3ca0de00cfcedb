"""`routekey outputs`."""

import json
from pathlib import Path

from cli.processes import assert_is_one_error, routekey

MORE = """
  User: {Type: AWS::IAM::User}
  Key: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref User}}
Conditions: {Never: !Equals [a, b]}
Outputs:
  Url: {Value: !Sub "wss://${Api}.execute-api.${AWS::Region}.amazonaws.com/${Stage}"}
  Secret: {Value: !GetAtt Key.SecretAccessKey}
  Missing: {Condition: Never, Value: !GetAtt Never.Arn}
"""


def outputs(project: Path, *arguments: str) -> dict[str, str]:
    done = routekey("outputs", str(project), *arguments, XDG_DATA_HOME=str(project / "data"))
    assert done.returncode == 0, done.stderr
    ((_, told),) = json.loads(done.stdout).items()
    assert isinstance(told, dict)
    return told


def add(project: Path, text: str) -> None:
    template = project / "template.yaml"
    template.write_text(template.read_text().rstrip() + text)


def test_they_are_printed_while_their_conditions_hold(project: Path) -> None:
    add(project, MORE)
    told = outputs(project)
    assert told.keys() == {"Url", "Secret"}
    assert told["Url"].startswith("wss://")
    assert told["Url"].endswith(".execute-api.us-east-1.amazonaws.com/dev")


def test_a_secret_is_that_of_the_data_folder(project: Path) -> None:
    add(project, MORE)
    secret = outputs(project)["Secret"]
    assert outputs(project)["Secret"] == secret
    assert outputs(project, "--data", str(project / "elsewhere"))["Secret"] != secret


def test_a_project_without_outputs_has_none(project: Path) -> None:
    assert outputs(project) == {}


def test_an_output_that_does_not_work_out_is_one_error(project: Path) -> None:
    add(project, "\nOutputs: {Url: {Value: !GetAtt Api.Nothing}}\n")
    done = routekey("outputs", str(project), XDG_DATA_HOME=str(project / "data"))
    assert_is_one_error(done, "Api, of the type AWS::ApiGatewayV2::Api, has no attribute Nothing")
