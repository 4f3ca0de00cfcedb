"""The program, run to its end."""

import os
import subprocess
import sys

SECONDS_MAX = 120


def routekey(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `routekey` with arguments, and with variables added to the environment."""
    return subprocess.run(
        [sys.executable, "-m", "routekey", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        env=os.environ | {"NO_COLOR": "1"} | environ,
        check=False,
    )


def assert_is_one_error(done: subprocess.CompletedProcess[str], *texts: str) -> None:
    """Hold a run to what wrong input gets: one line, exit code 2, and these texts in it."""
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    for text in texts:
        assert text in done.stderr
