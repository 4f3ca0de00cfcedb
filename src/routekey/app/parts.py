"""What follows from a configuration or a project alone."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from routekey.adapters.aws_services import EmbeddedServices, ServicesSwitch
from routekey.choices import Choices
from routekey.config import Config
from routekey.endpoints.wire import Settings
from routekey.gateway.directory import Directory, make_directory
from routekey.ids import ApiId, StageName
from routekey.quotas import Limits
from routekey.resources.project import Project
from routekey.resources.snapshot import compile_snapshot

_MESSAGES_BUFFERED: Final = 8
"""How many of the largest messages may wait for a client that reads slowly."""


def compile_directory(project: Project, choices: Choices) -> Directory:
    """Compile every stage of a project.

    Raises:
        InputError: something in it does not hold; it names the place.
    """
    return make_directory(
        {
            api.api_id: {
                stage.stage_name: compile_snapshot(
                    api,
                    stage,
                    region=project.region,
                    account_id=project.account_id,
                    choices=choices,
                )
                for stage in api.stages
            }
            for api in project.apis
        },
        api_keys=project.api_keys,
        usage_plans=project.usage_plans,
        domain_names=project.domain_names,
    )


def list_served(directory: Directory, project: Project) -> dict[ApiId, tuple[StageName, ...]]:
    """List the stages that are served: the project's APIs first, as it has them."""
    snapshots = directory.snapshots
    described = [api.api_id for api in project.apis if api.api_id in snapshots]
    others = sorted(snapshots.keys() - described)
    return {api_id: tuple(snapshots[api_id]) for api_id in (*described, *others)}


def listener_settings(limits: Limits, choices: Choices) -> Settings:
    """Let a listener take what the limits allow; the other bounds are its own."""
    return Settings(
        url_characters_max=limits.url_characters_max,
        head_bytes_max=limits.header_bytes_max,
        body_bytes_max=limits.message_bytes_max,
        frame_bytes_max=limits.frame_bytes_max,
        message_bytes_max=limits.message_bytes_max,
        replaces_invalid_text=choices.invalid_text == "replace",
        send_buffer_bytes_max=_MESSAGES_BUFFERED * limits.message_bytes_max,
    )


def make_services(
    config: Config, project: Project, say: Callable[[str], None], *, is_strict: bool
) -> ServicesSwitch:
    """Make what leads to other services of AWS: in production to AWS itself, unless told."""
    choice = config.services.endpoint or ("aws" if is_strict else "local")
    folder = store_folder(config, is_strict=is_strict)

    def tell_address(url: str) -> None:
        say(f"note other AWS services are at {url}, for boto3 and the AWS CLI too")

    embedded = EmbeddedServices(project.region, project.account_id, say, folder, tell_address)
    return ServicesSwitch(choice, embedded)


def allows_private(config: Config, *, is_strict: bool) -> bool:
    """Tell whether HTTP backends may be at private addresses: in production only on demand."""
    switch = config.integrations.private_backends
    return switch == "allow" or (switch == "auto" and not is_strict)


def certificates_folder(config: Config) -> Path:
    """Tell where the certificates of our own authority are kept."""
    return _data_folder(config) / "certificates"


def store_folder(config: Config, *, is_strict: bool) -> Path | None:
    """Tell where resources are kept; None, where nobody said so and it is not production."""
    if config.store.folder:
        return Path(config.store.folder)
    return _data_folder(config) / "store" if is_strict else None


def seed_folder(config: Config) -> Path:
    """Tell where the seed of the project's secrets is kept: in `--data`, where that is given."""
    return Path(config.store.folder) if config.store.folder else _data_folder(config)


def _data_folder(config: Config) -> Path:
    if config.functions.data_folder:
        return Path(config.functions.data_folder)
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "routekey"
