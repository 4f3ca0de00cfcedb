"""Whose a project is: the ARNs and settings that it writes down name an account.

A queue's ARN or a function's that stands literally in a description is of the account that its
owner deploys into. Here it only leads somewhere where the project is of the same account.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from routekey.errors import ProjectError
from routekey.ids import AccountId
from routekey.projects.document import read_text
from routekey.projects.notices import Notices
from routekey.projects.options import ACCOUNT_ID, LoadOptions

_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:(?!serverlessrepo:|ecr:)[a-z0-9-]+:[^:\s\"'/]*:([0-9]{12}):(?!layer:)"
)
"""Layers, images and applications are often somebody else's."""
_SETTING: Final = re.compile(
    r"(?:account[\w-]*|\bdefault)[\"']?\s*[:=]\s*[\"']?([0-9]{12})\b", re.IGNORECASE
)
_ENVIRONMENT: Final = re.compile(r"aws://([0-9]{12})/")  # as the CDK writes it
_COMMENT: Final = re.compile(r"\s*(?:#|//)")


def find_account(texts: Iterable[str]) -> AccountId | None:
    """Find the account that descriptions name; None where they name none, or several."""
    found = {
        account
        for text in texts
        for line in text.splitlines()
        if _COMMENT.match(line) is None
        for pattern in (_ARN, _SETTING, _ENVIRONMENT)
        for account in pattern.findall(line)
    }
    return AccountId(found.pop()) if len(found) == 1 else None


def choose_account(options: LoadOptions, files: Iterable[Path], notices: Notices) -> LoadOptions:
    """Load a project into the account that its files name, unless the operator names one."""
    if options.account_id != ACCOUNT_ID or not options.is_guessing:
        return options
    account = find_account(_read(files))
    if account is None or account == ACCOUNT_ID:
        return options
    notices.add(
        f"the account {account} stands in the project, and is taken for its own; "
        "ROUTEKEY_PROJECT_ACCOUNT_ID names another one"
    )
    return replace(options, account_id=account)


def _read(files: Iterable[Path]) -> Iterable[str]:
    for file in files:
        with suppress(ProjectError, OSError):  # its loader says what is wrong with it
            yield read_text(file)
