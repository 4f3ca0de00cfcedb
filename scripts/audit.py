"""Look for weaknesses that others know of: bandit in our code, pip-audit in what is locked.

pip-audit asks the package index; one that keeps no advisories is named, and decides nothing.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

_ROOT: Final = Path(__file__).resolve().parents[1]
_BANDIT: Final = ("bandit", "--quiet", "--recursive", "--severity-level", "medium", "src")
_AUDIT: Final = (
    *("pip-audit", "--disable-pip", "--no-deps", "--progress-spinner", "off", "--format", "json"),
    *("--requirement", "requirements/dev.txt"),
)


def main() -> int:
    """Print what was found; 1 where there is something."""
    bandit = subprocess.run(_BANDIT, cwd=_ROOT, check=False, capture_output=True, text=True)
    code = bandit.returncode
    if code:  # else it warns of excuses that cover a second literal of the same line
        print(bandit.stdout + bandit.stderr)
    done = subprocess.run(_AUDIT, cwd=_ROOT, check=False, capture_output=True, text=True)
    if not done.stdout.startswith("{"):
        print(f"pip-audit could not ask: {done.stderr.strip()[-200:]}")
        return code
    packages = json.loads(done.stdout)["dependencies"]
    known = sorted(find_advisories(packages))
    unasked = sum("skip_reason" in package for package in packages)
    print(*known, sep="\n", end="\n" if known else "")
    print(
        f"pip-audit: {len(known)} advisories; {unasked} of {len(packages)} packages unknown to it"
    )
    return code or bool(known)


def find_advisories(packages: list[dict[str, Any]]) -> Iterator[str]:
    """Say which advisories hold for which packages, and which version has the remedy."""
    for package in packages:
        for advisory in package.get("vulns", []):
            remedies = ", ".join(advisory["fix_versions"]) or "none yet"
            yield f"{package['name']} {package['version']}: {advisory['id']}, fixed in {remedies}"


if __name__ == "__main__":
    sys.exit(main())
