"""What the operator decides about a project, beyond what the project says itself."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from routekey.ids import AccountId

ACCOUNT_ID = AccountId("000000000000")  # as local emulators have it, and no account does
SEED_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """How to load a project; what is None is taken from the project, or from a default."""

    region: str | None = None
    """None takes the project's own (`samconfig.toml`, `provider.region`), else us-east-1."""
    account_id: AccountId = ACCOUNT_ID
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Template parameters by name; for the Serverless Framework, its `--param` values."""
    stage: str | None = None
    """The stage to load; also that of an API which has none."""
    stack_name: str | None = None
    """None takes the project's own, else the name of its folder."""
    start: Path | None = None
    """The folder that was named, where tools are run; None is that of the description."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The environment variables that a description may ask for (`${env:NAME}`, `TF_VAR_name`)."""
    has_outputs: bool = False
    """Whether to evaluate the project's outputs. What nobody asks for cannot fail."""
    is_guessing: bool = True
    """Whether a parameter, or a variable of the environment, that nobody has given a value gets a
    guess, with a notice; otherwise it is an error."""
    cache: Path | None = None
    """Where to keep what has to be built or installed; None builds and installs nothing."""
    seed: bytes = field(default_factory=partial(os.urandom, SEED_BYTES), repr=False)
    """What secrets that AWS would make up are made from: with the same one they stay the same."""
