"""The configuration: one frozen tree, declared once.

Each setting has a name, a type, a default, a unit and a sentence. Its key in the file, its
environment variable and the pages of reference come from that one place:

    gateway.port    [gateway] port = 8080    ROUTEKEY_GATEWAY_PORT=8080    --port 8080

A flag wins over the environment, the environment over the file, the file over the default. AWS's
numbers are no settings: they are `quotas.py`, and `limits` says which of them hold.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from routekey.choices import Choices
from routekey.errors import InputError
from routekey.quotas import Limits
from routekey.resources.project_file import FILE_SECTIONS

T = TypeVar("T")

PREFIX: Final = "ROUTEKEY_"
"""What every environment variable of ours begins with."""


_PORT: Final = msgspec.Meta(ge=0, le=65535)
_SECONDS: Final = msgspec.Meta(ge=0)
_AMOUNT: Final = msgspec.Meta(ge=0)
_COUNT: Final = msgspec.Meta(ge=1)
_ACCOUNT: Final = msgspec.Meta(pattern="^[0-9]{12}$")
_LOG_FORMAT: Final = msgspec.Meta(pattern="^(auto|text|json)$")
_FILE_FORMAT: Final = msgspec.Meta(pattern="^(text|json)$")
_FILE_BYTES: Final = msgspec.Meta(ge=4096)
_FILES: Final = msgspec.Meta(ge=0, le=1000)
_SWITCH: Final = msgspec.Meta(pattern="^(auto|allow|refuse)$")
_TLS_VERSION: Final = msgspec.Meta(pattern=r"^1\.[23]$")
_ANY: Final = msgspec.Meta()


def _setting(default: T, sentence: str, *, unit: str = "", allowed: msgspec.Meta = _ANY) -> T:
    """Declare a setting."""
    metadata = {"sentence": sentence, "unit": unit, "allowed": allowed}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySection:
    """The listener that clients and backends speak to."""

    host: str = _setting("127.0.0.1", "The address to listen on; `0.0.0.0` is every IPv4 address.")
    port: int = _setting(8080, "The port to listen on; 0 takes a free one.", allowed=_PORT)
    certificates: tuple[str, ...] = _setting(
        (),
        "PEM files for TLS, as `CHAIN:KEY` or one file with both, a pair for each domain; "
        "without any, TLS has certificates of Routekey's own authority.",
    )
    tls_version_min: str = _setting(
        "1.2", "The oldest TLS that clients may speak: `1.2` or `1.3`.", allowed=_TLS_VERSION
    )
    shutdown_seconds: int = _setting(
        10,
        "How long a stop waits for running calls and `$disconnect` functions.",
        unit="seconds",
        allowed=_SECONDS,
    )
    unready_seconds: int = _setting(
        0,
        "How long a stop only says that it is not ready, so that balancers look elsewhere first.",
        unit="seconds",
        allowed=_SECONDS,
    )
    drain_seconds: int = _setting(
        0,
        "Over how long a stop closes the clients, so that they do not all come back at once.",
        unit="seconds",
        allowed=_SECONDS,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminSection:
    """The listener that operators speak to."""

    host: str = _setting("127.0.0.1", "The address to listen on.")
    port: int = _setting(8081, "The port to listen on; 0 takes a free one.", allowed=_PORT)
    test_endpoints: bool = _setting(
        False,
        "Whether `POST /moto-api/reset` forgets everything, for suites that start anew; whoever "
        "reaches the listener may do it.",
    )
    allowed_hosts: tuple[str, ...] = _setting(
        (), "Host names under which it may be called, beside those of loopback."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSection:
    """The account and region that a project is loaded into."""

    region: str = _setting("", "The AWS region; empty takes the project's own, else `us-east-1`.")
    account_id: str = _setting("000000000000", "The AWS account, 12 digits.", allowed=_ACCOUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionsSection:
    """How functions run."""

    data_folder: str = _setting(
        "", "Where certificates are kept; empty is `$XDG_DATA_HOME/routekey`."
    )
    environments_min: int = _setting(
        0,
        "How many processes each function has ready ahead of calls, as with provisioned "
        "concurrency; a function that asks for more of it has more.",
        allowed=_AMOUNT,
    )
    environments_max: int = _setting(
        32,
        "How many processes one function may have at once; calls beyond wait.",
        allowed=_COUNT,
    )
    memory_group: str = _setting(
        "",
        "The folder of a control group below which the kernel bounds the memory of functions; "
        "empty is the one that systemd has delegated, if it has.",
    )
    debug_port: int = _setting(
        0,
        "Where a debugger can attach to the first Python or Node function, to the next ones at the "
        "ports after it; 0 is none. While one is attached, no function's time runs out.",
        allowed=_PORT,
    )
    remote: tuple[str, ...] = _setting(
        (),
        "Functions that run elsewhere, each as `NAME=ADDRESS`: `http://HOST:PORT` of a container "
        "of AWS's images, the URL of an Invoke endpoint, or an ARN of AWS Lambda.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationsSection:
    """How routes reach their HTTP backends."""

    private_backends: str = _setting(
        "auto",
        "Whether backends may be at addresses that are not public: `allow`, `refuse`, or `auto`, "
        "which allows them for `run` and refuses them for `serve`.",
        allowed=_SWITCH,
    )
    client_certificates_folder: str = _setting(
        "",
        "Where the certificates are that stages show to backends: a file `ID.pem` for each, with "
        "its private key.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSection:
    """Where the resources of the control plane are kept, and what local services hold."""

    folder: str = _setting(
        "",
        "A folder of this gateway alone, where what AWS's APIs make and what local services hold "
        "stays between runs; empty is memory under `run`, and `store` in the data folder under "
        "`serve`.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicesSection:
    """Other AWS services, as functions reach them under AWS's own host names."""

    endpoint: str = _setting(
        "",
        "`local` is the embedded emulator, `aws` AWS itself, a URL another emulator; empty is "
        "`local` under `run` and `aws` under `serve`.",
    )
    role: str = _setting(
        "",
        "The role in which functions act at AWS itself, assumed with the gateway's own "
        "credentials: `own` is each function's, an ARN one for all; empty is none.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetrySection:
    """What is counted and traced, and where access and execution logs go."""

    is_counting: bool = _setting(
        False, "Whether to count API Gateway's metrics, for `/metrics` of the admin listener."
    )
    is_tracing: bool = _setting(
        False,
        "Whether to send traces by OpenTelemetry, whose own `OTEL_` variables say where to; needs "
        "the extra `routekey[otel]`.",
    )
    log_folder: str = _setting(
        "",
        "Where access and execution logs are written, a file for each log group; empty is the "
        "standard output. What functions say is written there too.",
    )
    log_format: str = _setting(
        "text",
        "Of these files: `text` is the lines themselves, `json` an object a line.",
        allowed=_FILE_FORMAT,
    )
    log_file_bytes_max: int = _setting(
        10 * 1024 * 1024,
        "A log file that would grow beyond is put aside as `NAME.log.1`.",
        unit="bytes",
        allowed=_FILE_BYTES,
    )
    log_files_kept: int = _setting(
        5, "How many files put aside are kept for each log group.", allowed=_FILES
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingSection:
    """What is written to the standard output."""

    format: str = _setting(
        "auto",
        "`text` for people, `json` for machines; `auto` is text for `run`, JSON for `serve`.",
        allowed=_LOG_FORMAT,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that an operator can set."""

    gateway: GatewaySection = GatewaySection()
    admin: AdminSection = AdminSection()
    project: ProjectSection = ProjectSection()
    functions: FunctionsSection = FunctionsSection()
    integrations: IntegrationsSection = IntegrationsSection()
    store: StoreSection = StoreSection()
    services: ServicesSection = ServicesSection()
    telemetry: TelemetrySection = TelemetrySection()
    logging: LoggingSection = LoggingSection()
    limits: Limits = field(default_factory=Limits)
    choices: Choices = field(default_factory=Choices)


_LIMITS: Final[Mapping[str, tuple[str, str]]] = {
    "frame_bytes_max": ("The largest frame that a client may send.", "bytes"),
    "message_bytes_max": ("The largest message, reply or post, in whatever frames.", "bytes"),
    "url_characters_max": ("The longest request target.", "characters"),
    "header_bytes_max": ("The largest request line and headers, together.", "bytes"),
    "idle_seconds_max": ("A connection without messages is closed; 0 never.", "seconds"),
    "connection_seconds_max": ("A connection this old is closed; 0 never.", "seconds"),
    "account_rate": ("Requests to all APIs together; 0 is no limit.", "per second"),
    "account_burst": ("Requests at once; 0 is no limit.", ""),
    "new_connections_per_second": ("Handshakes to all APIs; 0 is no limit.", "per second"),
}
"""`quotas.Limits` stands below and does not know that it is configuration."""


_SECTION_TYPES: Final[Mapping[str, type[Any]]] = get_type_hints(Config)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting, as the reference page and `check-config` show it."""

    section: str
    name: str
    type: Any
    default: object
    sentence: str
    unit: str

    @property
    def key(self) -> str:
        """Its name in the file, with the section before the dot."""
        return f"{self.section}.{self.name}"

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return f"{PREFIX}{self.section}_{self.name}".upper()


def list_settings() -> tuple[Setting, ...]:
    """List every setting, in the order of the reference page."""
    return tuple(
        _describe(section.name, declared)
        for section in fields(Config)
        for declared in fields(_SECTION_TYPES[section.name])
    )


def _describe(section: str, declared: Field[object]) -> Setting:
    sentence, unit = _LIMITS[declared.name] if section == "limits" else ("", "")
    type_ = get_type_hints(_SECTION_TYPES[section])[declared.name]
    allowed = declared.metadata.get("allowed", _ANY)
    return Setting(
        section=section,
        name=declared.name,
        type=Annotated[type_, allowed],
        default=declared.default,
        sentence=declared.metadata.get("sentence", sentence),
        unit=declared.metadata.get("unit", unit),
    )


SETTINGS: Final = list_settings()
_BY_KEY: Final = {setting.key: setting for setting in SETTINGS}
_BY_VARIABLE: Final = {setting.variable: setting for setting in SETTINGS}


def describe_setting(key: str) -> str:
    """Write a setting's sentence with its default, as `--help` shows it."""
    setting = _BY_KEY[key]
    default = f" [default: {setting.default}]" if setting.default not in {"", ()} else ""
    return f"{setting.sentence}{default}"


def load_config(
    file: Path | None, environ: Mapping[str, str], flags: Mapping[str, object]
) -> Config:
    """Put the configuration together.

    Args:
        file: a TOML file, or None for none.
        environ: the environment; a variable with our prefix that we do not know is an error.
        flags: values by key (`gateway.port`); None stands for a flag that was not given.

    Raises:
        InputError: something is unknown or of the wrong type; it names the file, or the variable.
    """
    values: dict[str, object] = {}
    if file is not None:
        values |= _read_file(file)
    values |= _read_environment(environ)
    for key, value in flags.items():
        if value is not None:
            values[key] = _convert(_BY_KEY[key], value)
    return _build(values)


def _build(values: Mapping[str, object]) -> Config:
    config = Config()
    for section in fields(Config):
        changes = {
            setting.name: values[setting.key]
            for setting in SETTINGS
            if setting.section == section.name and setting.key in values
        }
        try:
            changed = replace(getattr(config, section.name), **changes)
        except ValueError as error:
            raise InputError(str(error), resource=section.name) from error
        config = replace(config, **{section.name: changed})
    return config


def _read_file(file: Path) -> dict[str, object]:
    try:
        text = file.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"cannot be read: {reason}", file=str(file)) from error
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", file=str(file)) from error
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        number = int(place[1]) if place else None
        raise InputError(f"is not TOML: {error}", file=str(file), line=number) from error
    values: dict[str, object] = {}
    for section, content in document.items():
        if section in FILE_SECTIONS:  # the same file may describe a project
            continue
        if not isinstance(content, dict):
            raise _unknown(section, _BY_KEY, file=str(file), line=_find_line(text, "", section))
        for name, value in content.items():
            line = _find_line(text, section, name)
            setting = _BY_KEY.get(f"{section}.{name}")
            if setting is None:
                raise _unknown(f"{section}.{name}", _BY_KEY, file=str(file), line=line)
            values[setting.key] = _convert(setting, value, file=str(file), line=line)
    return values


def _read_environment(environ: Mapping[str, str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX):
            continue
        setting = _BY_VARIABLE.get(variable)
        if setting is None:
            raise _unknown(variable, _BY_VARIABLE)
        is_list = isinstance(setting.default, tuple)
        value = [part.strip() for part in text.split(",") if part.strip()] if is_list else text
        values[setting.key] = _convert(setting, value, is_text=True)
    return values


def _convert(
    setting: Setting,
    value: object,
    *,
    is_text: bool = False,
    file: str | None = None,
    line: int | None = None,
) -> object:
    """Give a value its setting's type; from the environment everything comes as text."""
    try:
        return msgspec.convert(value, setting.type, strict=not is_text)
    except msgspec.ValidationError as error:
        reason = _describe_values(setting) or str(error)
        raise InputError(
            f"{value!r} does not fit: {reason[:1].lower()}{reason[1:]}",
            file=file,
            line=line,
            resource=setting.variable if is_text else setting.key,
        ) from error


def _describe_values(setting: Setting) -> str:
    """List the values of a setting that has few; empty for all others."""
    kind = get_args(setting.type)[0]  # behind `Annotated`
    if get_origin(kind) is not Literal:
        return ""
    return f"it takes {' or '.join(repr(value) for value in get_args(kind))}"


def _unknown(
    name: str, known: Mapping[str, Setting], *, file: str | None = None, line: int | None = None
) -> InputError:
    close: Sequence[str] = difflib.get_close_matches(name, known, n=1)
    remedy = f"Did you mean {close[0]}?" if close else "`routekey check-config` lists them all."
    return InputError(f"there is no setting {name}", remedy=remedy, file=file, line=line)


def _find_line(text: str, section: str, name: str) -> int | None:
    """Find where a key stands, for messages: the parser does not tell.

    Quoted and dotted keys are not found, and the message goes without a line.
    """
    current = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            current = header[1]
        elif current == section and re.match(rf"\s*{re.escape(name)}\s*=", line):
            return number
    return None
