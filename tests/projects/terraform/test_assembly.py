"""What hangs on what in a configuration, and where its code is."""

from pathlib import Path

import pytest

from projects.terraform.test_loading import load_text
from routekey.languages.iam import AccessRequest, Decision, evaluate
from routekey.projects import LoadOptions
from routekey.resources.function import PackageType

FUNCTION = """
resource "aws_lambda_function" "f" {
  function_name = "f"
  role          = "r"
  runtime       = "python3.12"
  handler       = "app.handler"
  %s
}
"""


@pytest.mark.parametrize(
    ("code", "more", "kind", "path"),
    [
        ('filename = "f.zip"', "", PackageType.ZIP, "f.zip"),
        (
            "filename = data.archive_file.a.output_path",
            'data "archive_file" "a" {\n source_dir = "src"\n output_path = "a.zip"\n}',
            PackageType.DIRECTORY,
            "src",
        ),
        (
            "filename = data.archive_file.a.output_path",
            'data "archive_file" "a" {\n source_file = "src/app.py"\n output_path = "a.zip"\n}',
            PackageType.DIRECTORY,
            "src",
        ),
        (
            "s3_key = aws_s3_object.o.key",
            'resource "aws_s3_object" "o" {\n key = "k"\n source = "f.zip"\n}',
            PackageType.ZIP,
            "f.zip",
        ),
    ],
)
def test_code_is_found(tmp_path: Path, code: str, more: str, kind: PackageType, path: str) -> None:
    files = {"f.zip": "", "src/app.py": ""}
    (function,) = load_text(tmp_path, FUNCTION % code + more, files=files).functions
    assert (function.code.package_type, function.code.path) == (kind, str(tmp_path / path))


def test_source_text_in_an_archive_is_inline(tmp_path: Path) -> None:
    archive = 'data "archive_file" "a" {\n source_content = "x = 1"\n output_path = "a.zip"\n}'
    code = FUNCTION % "filename = data.archive_file.a.output_path"
    (function,) = load_text(tmp_path, code + archive).functions
    assert (function.code.package_type, function.code.text) == (PackageType.INLINE, "x = 1")


ARCHIVE = """
data "archive_file" "a" {
  output_path = "a.zip"
  source {
    filename = "app.py"
    content  = "x = ${1 + 1}"
  }
  source {
    filename = "more/settings.json"
    content  = "{}"
  }
  source {
    filename = "../outside.py"
    content  = ""
  }
}
"""


def test_text_in_an_archive_becomes_files_of_the_cache(tmp_path: Path) -> None:
    code = FUNCTION % "filename = data.archive_file.a.output_path"
    options = LoadOptions(cache=tmp_path / "cache")
    (function,) = load_text(tmp_path, code + ARCHIVE, options).functions
    folder = Path(function.code.path)
    assert folder.is_relative_to(tmp_path / "cache")
    assert (folder / "app.py").read_text() == "x = 2"
    assert (folder / "more" / "settings.json").read_text() == "{}"
    assert not (folder.parent / "outside.py").exists()


def test_an_object_in_s3_may_lie_beside_the_configuration(tmp_path: Path) -> None:
    files = {"m/main.tf": FUNCTION % 's3_key = "near.zip"', "near.zip": ""}
    (function,) = load_text(tmp_path, 'module "m" { source = "./m" }', files=files).functions
    assert function.code.path == str(tmp_path / "near.zip")


def test_code_in_s3_leaves_the_function_out(tmp_path: Path) -> None:
    project = load_text(tmp_path, FUNCTION % 's3_key = "far.zip"')
    assert project.functions == ()
    assert "far.zip" in project.notices[0].text


def test_attached_policies_count(tmp_path: Path) -> None:
    project = load_text(
        tmp_path,
        """
resource "aws_iam_role" "r" { name = "r" }
resource "aws_iam_policy" "p" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "a:b", Resource = "*" }]
  })
}
resource "aws_iam_role_policy_attachment" "a" {
  role       = aws_iam_role.r.name
  policy_arn = aws_iam_policy.p.arn
}
resource "aws_iam_role_policy_attachment" "other" {
  role       = "somebody-else"
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
""",
    )
    request = AccessRequest(action="a:b", resource="arn:x")
    assert evaluate(project.roles[0].policies, request) is Decision.ALLOWED
    assert len(project.roles[0].policies) == 1
    assert project.notices == ()


def test_a_user_has_his_groups_policies_and_his_key(tmp_path: Path) -> None:
    statement = (
        'policy = jsonencode({ Version = "2012-10-17", '
        'Statement = [{ Effect = "Allow", Action = "%s", '
    )
    project = load_text(
        tmp_path,
        f"""
resource "aws_iam_group" "first" {{ name = "first" }}
resource "aws_iam_group" "second" {{ name = "second" }}
resource "aws_iam_group_policy" "a" {{
  group = aws_iam_group.first.name
  {statement % "a:b"}Resource = "*" }}] }})
}}
resource "aws_iam_policy" "b" {{
  {statement % "a:c"}Resource = "*" }}] }})
}}
resource "aws_iam_group_policy_attachment" "b" {{
  group      = aws_iam_group.second.name
  policy_arn = aws_iam_policy.b.arn
}}
resource "aws_iam_user" "ann" {{ name = "ann" }}
resource "aws_iam_group_membership" "m" {{
  name  = "m"
  group = aws_iam_group.first.name
  users = [aws_iam_user.ann.name]
}}
resource "aws_iam_user_group_membership" "m" {{
  user   = aws_iam_user.ann.name
  groups = [aws_iam_group.second.name]
}}
resource "aws_iam_access_key" "k" {{ user = aws_iam_user.ann.name }}
"""
        + FUNCTION
        % """filename = "f.zip"
  environment {
    variables = { ID = aws_iam_access_key.k.id, SECRET = aws_iam_access_key.k.secret }
  }""",
        files={"f.zip": ""},
    )
    (ann,) = project.users
    for action in ("a:b", "a:c"):
        request = AccessRequest(action=action, resource="arn:x")
        assert evaluate(ann.policies, request) is Decision.ALLOWED
    variables = project.functions[0].environment
    assert ann.access_keys == {variables["ID"]: variables["SECRET"]}
    assert not any("left out" in notice.text for notice in project.notices)
