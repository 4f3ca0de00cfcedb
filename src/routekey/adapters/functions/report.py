"""Lambda's own lines about invocations, as text or as JSON.

Source: LAM-LOG-01, LAM-LOG-05, LAM-LOG-07, LAM-LOG-08, LAM-LOG-09.
"""

import json
import math
import re
from collections.abc import Mapping

import msgspec

from routekey.clock import format_iso


class Report(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How one invocation went."""

    duration_ms: float
    init_ms: float | None
    """How long the init phase took, if this is the first call after it."""
    memory_mb: int
    """The function's setting."""
    peak_kb: int
    status: str = "success"
    """`success`, even where the handler raised; `timeout` or `error` where the process is gone."""
    error_type: str = ""
    produced_bytes: int = 0

    @property
    def billed_ms(self) -> int:
        """Duration and init together, rounded up. Source: LAM-LOG-07."""
        return math.ceil(self.duration_ms + (self.init_ms or 0.0))

    @property
    def peak_mb(self) -> int:
        """The most memory that the process has had."""
        return math.ceil(self.peak_kb / 1024)


class Init(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An init phase: a process loads the handler."""

    function_name: str
    version: str
    stream: str
    runtime: str
    """As the function names it: `python3.12`."""
    runtime_arn: str
    memory_mb: int
    is_provisioned: bool = False
    """Whether it is made ahead of any call."""
    is_in_call: bool = False
    """Whether a call waits for it, whose time it takes (LAM-LIFE-01)."""

    @property
    def kind(self) -> str:
        """Lambda's word for why there is an environment."""
        return "provisioned-concurrency" if self.is_provisioned else "on-demand"

    @property
    def phase(self) -> str:
        """Lambda's word for when it happens."""
        return "invoke" if self.is_in_call else "init"

    @property
    def runtime_version(self) -> str:
        """The runtime as Lambda writes it here: `python:3.12`."""
        return re.sub(r"(?<=[a-z])\.?(?=\d|al)", ":", self.runtime, count=1).removesuffix(".x")


class TextLines:
    """INIT_START, START, END and REPORT."""

    is_init_in_tail = False
    """Whether a caller who asks for the log's end gets the lines of the init phase too."""

    def init_start(self, init: Init, _now_ms: int) -> list[str]:
        """Announce an init phase."""
        version = f"Runtime Version: {init.runtime_version}"
        return [f"INIT_START {version}\tRuntime Version ARN: {init.runtime_arn}"]

    def init_end(self, init: Init, duration_ms: float, status: str, _now_ms: int) -> list[str]:
        """Close an init phase: `success`, of which the report will tell, `error` or `timeout`."""
        if status == "success":
            return []
        parts = (
            f"Init Duration: {duration_ms:.2f} ms",
            f"Phase: {init.phase}",
            f"Status: {status}",
        )
        return ["INIT_REPORT " + "\t".join(parts)]

    def start(self, request_id: str, _arn: str, version: str, _now_ms: int) -> list[str]:
        """Announce an invocation."""
        return [f"START RequestId: {request_id} Version: {version}"]

    def end(self, request_id: str, report: Report, _now_ms: int) -> list[str]:
        """Close an invocation."""
        parts = [
            f"REPORT RequestId: {request_id}",
            f"Duration: {report.duration_ms:.2f} ms",
            f"Billed Duration: {report.billed_ms} ms",
            f"Memory Size: {report.memory_mb} MB",
            f"Max Memory Used: {report.peak_mb} MB",
        ]
        if report.init_ms is not None:
            parts.append(f"Init Duration: {report.init_ms:.2f} ms")
        status = "" if report.status == "success" else f"Status: {report.status}"
        error = [f"Error Type: {report.error_type}"] if report.error_type else []
        return [f"END RequestId: {request_id}", "\t".join([*parts, status, *error])]


class JsonLines:
    """`platform.*` records."""

    is_init_in_tail = True

    def init_start(self, init: Init, now_ms: int) -> list[str]:
        """Announce an init phase."""
        record = {
            "initializationType": init.kind,
            "phase": init.phase,
            "runtimeVersion": init.runtime_version,
            "runtimeVersionArn": init.runtime_arn,
            "functionName": init.function_name,
            "functionVersion": init.version,
            "instanceId": init.stream,
            "instanceMaxMemory": init.memory_mb * 1024 * 1024,
        }
        return [_write("platform.initStart", record, now_ms)]

    def init_end(self, init: Init, duration_ms: float, status: str, now_ms: int) -> list[str]:
        """Close an init phase."""
        record = {"initializationType": init.kind, "phase": init.phase, "status": status}
        metrics = {"durationMs": round(duration_ms, 2)}
        return [
            _write("platform.initRuntimeDone", record, now_ms),
            _write("platform.initReport", {**record, "metrics": metrics}, now_ms),
        ]

    def start(self, request_id: str, arn: str, version: str, now_ms: int) -> list[str]:
        """Announce an invocation."""
        record = {"requestId": request_id, "functionArn": arn, "version": version}
        return [_write("platform.start", record, now_ms)]

    def end(self, request_id: str, report: Report, now_ms: int) -> list[str]:
        """Close an invocation."""
        error = {"errorType": report.error_type} if report.error_type else {}
        done = {
            "requestId": request_id,
            "status": report.status,
            **error,
            "metrics": {
                "durationMs": round(report.duration_ms, 3),
                "producedBytes": report.produced_bytes,
            },
        }
        metrics: dict[str, float] = {
            "durationMs": round(report.duration_ms, 3),
            "billedDurationMs": report.billed_ms,
            "memorySizeMB": report.memory_mb,
            "maxMemoryUsedMB": report.peak_mb,
        }
        if report.init_ms is not None:
            metrics["initDurationMs"] = round(report.init_ms, 2)
        closed = {"requestId": request_id, "metrics": metrics, "status": report.status, **error}
        return [
            _write("platform.runtimeDone", done, now_ms),
            _write("platform.report", closed, now_ms),
        ]


def _write(kind: str, record: Mapping[str, object], now_ms: int) -> str:
    line = {"time": format_iso(now_ms), "type": kind, "record": record}
    return json.dumps(line, separators=(",", ":"))
