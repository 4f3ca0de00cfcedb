"""The fixture of how-to/test-in-ci.md, run as a reader would."""

import os
import re
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def test_the_fixture_of_the_guide_works_on_the_example(tmp_path: Path) -> None:
    guide = (_ROOT / "docs/how-to/test-in-ci.md").read_text(encoding="utf-8")
    (snippet,) = re.findall(r"^```python\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    (tmp_path / "test_echo.py").write_text(snippet, encoding="utf-8")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tmp_path / "test_echo.py")],
        cwd=_ROOT / "examples/echo",
        env={**os.environ, "PATH": path},
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert "1 passed" in run.stdout, run.stdout + run.stderr
