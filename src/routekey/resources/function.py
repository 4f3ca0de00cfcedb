"""Lambda functions as a project or the control plane describes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from routekey.resources.api import Origin


class PackageType(StrEnum):
    """Where a function's code is."""

    DIRECTORY = "DIRECTORY"
    """A folder on this machine, read where it is."""
    ZIP = "ZIP"
    """A zip file on this machine."""
    INLINE = "INLINE"
    """Source text, as CloudFormation's `ZipFile` has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The code of a function or of a layer."""

    package_type: PackageType
    path: str = ""
    """Absolute; of the folder or zip file."""
    text: str = ""
    """The source, for INLINE: it becomes `index.py`, `index.js` or `index.mjs`."""
    source_path: str = ""
    """Absolute; of the folder that it was built from, where that is another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One statement of a function's resource policy. Source: SEC-LPOL-01 to SEC-LPOL-05."""

    principal: str
    action: str = "lambda:InvokeFunction"
    source_arn: str | None = None
    """An ARN with wildcards; None allows any source."""
    source_account: str | None = None
    qualifier: str | None = None
    statement_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A Lambda function."""

    function_name: str
    code: Code
    handler: str
    """`module.function`, with folders before the module."""
    runtime: str
    """A Lambda runtime id: `python3.12`, `nodejs20.x`, `provided.al2023` …"""
    role: str
    """The ARN of the execution role."""
    timeout: int = 3
    """Seconds, 1 to 900 (LAM-LIFE-04)."""
    memory_size: int = 128
    """MB."""
    environment: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[Code, ...] = ()
    """In the order in which they are laid over each other (LAM-ENV-06)."""
    reserved_concurrent_executions: int | None = None
    log_format: str = "Text"
    """`Text` or `JSON`."""
    log_level: str = "INFO"
    permissions: tuple[Permission, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Alias → version."""
    description: str = ""
    origin: Origin | None = None
