"""Loading the project that the flags name."""

import logging
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from routekey import projects
from routekey.adapters.functions.packages import cache_folder
from routekey.config import Config
from routekey.ids import AccountId
from routekey.resources.project import Project

_REGION: Final = "us-east-1"
"""Where nothing says another: AWS's own first."""


def make_loader(
    path: Path,
    config: Config,
    parameters: Mapping[str, str],
    stage: str | None,
    seed: bytes | None = None,
    *,
    is_guessing: bool = True,
    has_outputs: bool = False,
) -> Callable[[], Project]:
    """Make a function that loads a project, as often as it is called.

    What is installed and built meanwhile is told on standard error.

    Args:
        path: a folder, or the file that describes the project.
        config: names the region and the account.
        parameters: the template's, by name.
        stage: the stage to load, or None for the project's own.
        seed: what the project's secrets are made from; None makes one up.
        is_guessing: whether parameters that nobody has given a value get a guess.
        has_outputs: whether its outputs are wanted.

    Returns:
        The function; it raises `InputError` when the project cannot be used.
    """
    _show_builds()
    options = projects.LoadOptions(
        region=config.project.region or None,
        account_id=AccountId(config.project.account_id),
        parameters=parameters,
        stage=stage,
        environment=os.environ,
        has_outputs=has_outputs,
        is_guessing=is_guessing,
        cache=cache_folder(),
        seed=os.urandom(projects.SEED_BYTES) if seed is None else seed,
    )
    return partial(projects.load, path, options=options)


def _show_builds() -> None:
    """Print on standard error what is installed and built: it can take minutes."""
    logger = logging.getLogger("routekey.builds")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(logging.INFO)


def make_empty_loader(config: Config) -> Callable[[], Project]:
    """Make a function that gives a project without anything: what is kept is served alone."""
    return lambda: Project(
        region=config.project.region or _REGION,
        account_id=AccountId(config.project.account_id),
    )
