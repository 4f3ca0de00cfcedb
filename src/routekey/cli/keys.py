"""`routekey keys`: who may call a gateway in production."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from routekey.cli.project_flags import ConfigOption
from routekey.config import load_config
from routekey.errors import InputError, PolicyError
from routekey.ids import AccountId

if TYPE_CHECKING:
    from routekey.adapters.operator_keys import OperatorKeys

EXAMPLES: Final = """\b
Examples:
  routekey keys create deploy --policy AmazonAPIGatewayAdministrator
  routekey keys create backend --policy push-only.json --days 30
  routekey keys list
  routekey keys revoke AKIAIOSFODNN7EXAMPLE"""

keys_program = typer.Typer(
    name="keys",
    help="Make, list and revoke the keys with which a gateway in production is called.",
    no_args_is_help=True,
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_NAME_CHARACTERS: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-"
)
_NAME_MAX: Final = 64
"""As IAM's names of users."""
_DAYS: Final = 90


@keys_program.command("create")
def create_verb(
    name: Annotated[str, typer.Argument(help="Whom the key is for; part of its ARN.")],
    *,
    policy: Annotated[
        list[str],
        typer.Option(
            metavar="POLICY", help="A JSON file, or the name of AWS's managed policy. Repeatable."
        ),
    ],
    days: Annotated[int, typer.Option(min=1, max=366, help="How long it is good.")] = _DAYS,
    region: Annotated[
        list[str] | None,
        typer.Option(help="The region that it signs for; default `project.region`. Repeatable."),
    ] = None,
    config_file: ConfigOption = None,
) -> None:
    """Make a key, and show its secret: once, as it is kept nowhere.

    The lines are environment variables that every AWS SDK reads.
    """
    if not name or len(name) > _NAME_MAX or not set(name) <= _NAME_CHARACTERS:
        raise InputError(
            f"{name!r} cannot be the name of a user",
            remedy="Use 1 to 64 letters, digits and +=,.@_-",
        )
    config = load_config(config_file, os.environ, {})
    policies = [(text, _find_policy(text)) for text in policy]
    made = _open(config.functions.data_folder).create(
        name,
        policies,
        account_id=AccountId(config.project.account_id),
        regions=region or [config.project.region or "us-east-1"],
        days=days,
    )
    typer.echo(f"AWS_ACCESS_KEY_ID={made.stored.access_key_id}")
    typer.echo(f"AWS_SECRET_ACCESS_KEY={made.secret_access_key}")


@keys_program.command("list")
def list_verb(config_file: ConfigOption = None) -> None:
    """Show every key: its id, its name, its last day, regions and policies."""
    config = load_config(config_file, os.environ, {})
    for key in _open(config.functions.data_folder).list():
        ends = datetime.fromtimestamp(key.expires_ms / 1000, UTC)
        regions, policies = ",".join(key.signing_keys), ",".join(key.policies)
        typer.echo(f"{key.access_key_id}  {key.name}  until {ends:%Y-%m-%d}  {regions}  {policies}")


@keys_program.command("revoke")
def revoke_verb(
    access_key_id: Annotated[str, typer.Argument(help="The key's id, as `list` shows it.")],
    config_file: ConfigOption = None,
) -> None:
    """Take a key back: a gateway that runs refuses it within a second."""
    config = load_config(config_file, os.environ, {})
    _open(config.functions.data_folder).revoke(access_key_id)


def _open(data_folder: str) -> "OperatorKeys":
    from routekey.adapters.operator_keys import OperatorKeys, keys_folder  # noqa: PLC0415  # `--help` need not wait for it
    from routekey.adapters.system import SystemClock  # noqa: PLC0415  # the same

    return OperatorKeys(keys_folder(data_folder), clock=SystemClock(), complain=typer.echo)


def _find_policy(text: str) -> dict[str, object]:
    """Find a policy's document by the name of AWS's policy, or in a file.

    Raises:
        InputError: it is neither, or the document is malformed.
    """
    from routekey.languages.iam import managed_document, parse_policy  # noqa: PLC0415  # as above

    document = managed_document(text)
    if document is not None:
        return dict(document)
    file = Path(text)
    try:
        content = file.read_text(encoding="utf-8")
        parse_policy(content, file=text)
        read = json.loads(content)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{text!r} is neither a managed policy that Routekey has nor a file that it can read",
            remedy="AmazonAPIGatewayInvokeFullAccess lets its holder push to every connection.",
        ) from error
    except PolicyError as error:
        raise InputError(error.problem, remedy=error.remedy, file=text) from error
    if not isinstance(read, dict):
        raise AssertionError("a policy is an object")  # noqa: TRY004  # it was parsed as one
    return read
