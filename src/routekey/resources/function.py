"""Lambda functions as a project or the control plane describes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

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


LATEST: Final = "$LATEST"
"""The version that changes: what is edited, and what a name without a qualifier means."""
INSTALLED_PACKAGES: Final = "package"
"""The folder of a layer whose node_modules count as the package's own."""


_RETRIES: Final = 2
_AGE_SECONDS: Final = 6 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One statement of a function's resource policy. Source: SEC-LPOL-01 to SEC-LPOL-05."""

    principal: str
    action: str = "lambda:InvokeFunction"
    source_arn: str | None = None
    """An ARN with wildcards; None allows any source."""
    source_account: str | None = None
    principal_org_id: str | None = None
    """An organisation, which only principals are members of: it lets no service in."""
    event_source_token: str | None = None
    """Of an Alexa skill, which no other service sends."""
    function_url_auth_type: str | None = None
    """Of a function URL, which the gateway's calls have not."""
    qualifier: str | None = None
    statement_id: str = ""

    def names_gateway(self, region: str) -> bool:
        """Tell whether it names API Gateway, or everybody.

        The service has a name in each region as well, which is observed and not documented: APIs
        are deployed whose functions know them by that name alone.
        """
        return self.principal in {
            "*",
            "apigateway.amazonaws.com",
            f"apigateway.{region}.amazonaws.com",
        }

    @property
    def is_for_others(self) -> bool:
        """Whether it has a condition that no call of API Gateway meets."""
        conditions = (self.principal_org_id, self.event_source_token, self.function_url_auth_type)
        return conditions != (None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventInvokeConfig:
    """What becomes of asynchronous calls in the end. Source: LAM-INV-08."""

    qualifier: str = LATEST
    """The version or alias whose calls it is about."""
    maximum_retry_attempts: int | None = None
    """0 to 2; None is Lambda's default, which it does not tell."""
    maximum_event_age_in_seconds: int | None = None
    """60 to 21600; the same."""
    on_success: str | None = None
    """The ARN of the queue, topic, function or event bus that is told of an event that was
    handled."""
    on_failure: str | None = None
    """The same, for an event that failed for good."""
    last_modified: int = 0
    """Seconds since 1970, of a change through the API."""

    @property
    def retries_max(self) -> int:
        """How often an event is tried again."""
        attempts = self.maximum_retry_attempts
        return _RETRIES if attempts is None else attempts

    @property
    def age_seconds_max(self) -> int:
        """How old an event may become."""
        age = self.maximum_event_age_in_seconds
        return _AGE_SECONDS if age is None else age


USUAL_EVENTS: Final = EventInvokeConfig()
"""How a function's events fare that has said nothing of them."""


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
    provisioned_concurrent_executions: int = 0
    """How many environments are ready ahead of calls."""
    log_format: str = "Text"
    """`Text` or `JSON`."""
    log_level: str = "INFO"
    permissions: tuple[Permission, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Alias → version."""
    alias_weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Alias → another version → its part of the calls, 0 to 1. Source: LAM-INV-09."""
    event_invoke_configs: tuple[EventInvokeConfig, ...] = ()
    dead_letter_target: str | None = None
    """The ARN of the queue or topic that gets asynchronous events that failed for good."""
    recursive_loop: str = "Terminate"
    """`Terminate`, or `Allow` where it is meant to lead to its own invocation without end."""
    version: str = LATEST
    """Or the number under which it was published. Source: LAM-INV-09."""
    description: str = ""
    origin: Origin | None = None

    @property
    def may_recur(self) -> bool:
        """Whether nothing is done about a recursive loop."""
        return self.recursive_loop == "Allow"

    @property
    def key(self) -> str:
        """What it is found by among all functions and their versions."""
        name = self.function_name
        return name if self.version == LATEST else f"{name}:{self.version}"

    def choose_version(self, qualifier: str | None, chance: float) -> str:
        """Choose the version that a call goes to; an alias may share them out.

        Args:
            qualifier: a version or an alias; None is `$LATEST`.
            chance: a random number from 0 to 1.
        """
        if not qualifier:
            return LATEST
        for version, weight in self.alias_weights.get(qualifier, {}).items():
            if chance < weight:
                return version
            chance -= weight
        return self.aliases.get(qualifier, qualifier)

    def find_event_invoke_config(self, qualifier: str | None) -> EventInvokeConfig:
        """Find what is said of asynchronous calls of a version or alias; None is `$LATEST`."""
        wanted = qualifier or LATEST
        found = (each for each in self.event_invoke_configs if each.qualifier == wanted)
        return next(found, USUAL_EVENTS)


FILTERS_MAX: Final = 5
"""Of one event source, any of which a record may fit. AWS gives more on request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSource:
    """A queue or stream whose records a function gets: Lambda's event source mapping."""

    function_name: str
    """A name or ARN, with or without a qualifier."""
    event_source_arn: str
    """Of an SQS queue or a DynamoDB stream."""
    batch_size: int
    """How many records the function gets at once."""
    starting_position: str = "TRIM_HORIZON"
    """Of a stream: `TRIM_HORIZON` begins with the oldest record, `LATEST` with the next."""
    is_partial: bool = False
    """Whether the function says which records have failed (`ReportBatchItemFailures`)."""
    filter_patterns: tuple[str, ...] = ()
    """Event patterns: the function gets what fits one of them. Where there is none, everything."""
