"""Modules of Terraform from elsewhere: `terraform get`, or `tofu get`, fetches them.

They go into the cache; the project's own `.terraform` stays as it is.
Source: Terraform, "Command: get" and "Environment Variables" (`TF_DATA_DIR`).
"""

from pathlib import Path
from typing import Final

from routekey.errors import ProjectError
from routekey.projects.builds.tools import digest_of, find_tool, run_tool

_SECONDS_MAX: Final = 120.0
_ENVIRONMENT: Final = {
    "CHECKPOINT_DISABLE": "1",
    "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
    "GIT_TERMINAL_PROMPT": "0",  # a repository that wants a password is one that cannot be fetched
    "TF_IN_AUTOMATION": "1",
}


class ModuleFetcher:
    """Fetches the modules of one configuration, once.

    Attributes:
        folder: where they are, with their list; None without a cache.
        problem: why they could not be fetched, if so.
    """

    def __init__(self, root: Path, cache: Path | None) -> None:
        """Remember where.

        Args:
            root: the folder that Terraform is run in.
            cache: where modules go; None fetches nothing.
        """
        name = digest_of(str(root.resolve()))
        self.folder = cache / "terraform" / name / "modules" if cache is not None else None
        self.problem = ""
        self._root = root
        self._has_run = False

    def fetch(self) -> None:
        """Let Terraform fetch them, where it is installed."""
        tool = find_tool("terraform", self._root) or find_tool("tofu", self._root)
        if self._has_run or self.folder is None or tool is None:
            return
        self._has_run = True
        data = self.folder.parent
        data.mkdir(parents=True, exist_ok=True)
        try:
            run_tool(
                [tool, "get", "-no-color"],
                folder=self._root,
                environment={**_ENVIRONMENT, "TF_DATA_DIR": str(data)},
                seconds_max=_SECONDS_MAX,
                doing="Fetching modules with `terraform get`",
            )
        except ProjectError as error:
            self.problem = error.problem
