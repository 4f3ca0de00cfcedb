"""A secret whose value is made up: the same in a function's variables and in Secrets Manager."""

import json
from pathlib import Path

from scenarios.conftest import RoutekeyRun
from scenarios.projects import Source, write_project
from scenarios.running import ask

COMPARE = Source(
    text="""
import os
import boto3

def handler(event, context):
    client = boto3.client("secretsmanager")
    kept = client.get_secret_value(SecretId=os.environ["ARN"])["SecretString"]
    is_same = len(kept) == 40 and kept == os.environ["SECRET"]
    return {"statusCode": 200, "body": "same" if is_same else kept}
""",
    environment={
        "ARN": {"Ref": "Secret"},
        "SECRET": {"Fn::Sub": "{{resolve:secretsmanager:${Secret}:SecretString}}"},
    },
)
SECRET = {
    "Type": "AWS::SecretsManager::Secret",
    "Properties": {"GenerateSecretString": {"PasswordLength": 40}},
}
ALLOW = {
    "Effect": "Allow",
    "Action": "secretsmanager:GetSecretValue",
    "Resource": {"Ref": "Secret"},
}


async def test_a_function_reads_the_secret_that_its_variables_have(
    routekey_run: RoutekeyRun, tmp_path: Path
) -> None:
    project = write_project(
        tmp_path / "project", {"Compare": COMPARE}, {"$default": "Compare"}, two_way=("$default",)
    )
    file = project / "template.json"
    template = json.loads(file.read_text())
    template["Resources"]["Secret"] = SECRET
    function = template["Resources"]["Compare"]["Properties"]
    function["Policies"] = [{"Version": "2012-10-17", "Statement": [ALLOW]}]
    file.write_text(json.dumps(template))
    running = await routekey_run(project)
    async with running.connect() as client:
        assert await ask(client, "which?") == "same"
