"""Terraform and AWS's provider make, change and destroy what they know of WebSocket APIs.

After each step its plan has to be empty: what it reads back is what it wrote.

The provider is no part of the test's requirements. Where `TF_CLI_CONFIG_FILE` leads Terraform to a
mirror that has it, this runs; elsewhere it is skipped.
"""

import asyncio
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from scenarios.conftest import RoutekeyRun

CONFIGURATION = Path(__file__).with_name("terraform") / "main.tf"
TERRAFORM = shutil.which("terraform")
SECONDS_MAX = 120
CODE = "def handler(event, context):\n    return {'statusCode': 200}\n"
NO_CHANGES, CHANGES = 0, 2
"""What `plan -detailed-exitcode` ends with."""

pytestmark = pytest.mark.skipif(
    TERRAFORM is None or not Path(os.environ.get("TF_CLI_CONFIG_FILE", "")).is_file(),
    reason="needs Terraform, and TF_CLI_CONFIG_FILE with a mirror that has AWS's provider",
)


class Terraform:
    """Terraform in a folder of its own, on one gateway."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        shutil.copy(CONFIGURATION, folder)
        with zipfile.ZipFile(folder / "code.zip", "w") as package:
            package.writestr("app.py", CODE)
        self._folder = folder
        self._environ = os.environ | {"TF_VAR_endpoint": endpoint, "TF_IN_AUTOMATION": "1"}

    async def run(self, *words: str, expected: int = 0) -> str:
        """Run a command that ends as expected; give what it said."""
        done = await asyncio.to_thread(self._run, words)
        assert done.returncode == expected, f"terraform {words}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _run(self, words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        assert TERRAFORM is not None
        return subprocess.run(
            [TERRAFORM, words[0], "-no-color", *words[1:]],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            env=self._environ,
            check=False,
        )


@pytest.mark.timeout(5 * SECONDS_MAX)
@pytest.mark.rule(
    "CP-TF-01", "CP-TF-02", "CP-TF-03", "CP-TF-04", "CP-TF-05", "CP-TF-06", "CP-TF-07", "CP-TF-08"
)
async def test_what_terraform_writes_it_reads_back(
    routekey_run: RoutekeyRun, tmp_path: Path
) -> None:
    project = tmp_path / "template.yaml"
    project.write_text("Resources: {}\n")
    running = await routekey_run(project)
    folder = tmp_path / "terraform"
    folder.mkdir()
    terraform = Terraform(folder, running.addresses["admin"])
    await terraform.run("init")
    for step in ("step=1", "step=2"):
        await terraform.run("plan", "-detailed-exitcode", "-var", step, expected=CHANGES)
        await terraform.run("apply", "-auto-approve", "-var", step)
        await terraform.run("plan", "-detailed-exitcode", "-var", step, expected=NO_CHANGES)
    said = await terraform.run("destroy", "-auto-approve", "-var", "step=2")
    assert "Destroy complete!" in said
