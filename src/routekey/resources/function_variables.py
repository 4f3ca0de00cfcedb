"""The environment variables that a function's configuration may set.

Source: LAM-ENV-02, LAM-ENV-03.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Final

RESERVED: Final = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)
"""What Lambda sets itself."""
NAME_PATTERN: Final = "[a-zA-Z]([a-zA-Z0-9_])+"
VARIABLES_BYTES_MAX: Final = 4096


def find_malformed(names: Iterable[str]) -> list[str]:
    """List the names that are none."""
    return sorted(name for name in names if not re.fullmatch(NAME_PATTERN, name))


def write_variables(variables: Mapping[str, str]) -> str:
    """Write variables as Lambda measures them."""
    return json.dumps(dict(variables), separators=(",", ":"), ensure_ascii=False)


def are_too_long(variables: Mapping[str, str]) -> bool:
    """Tell whether variables take more room than there is."""
    return len(write_variables(variables).encode()) > VARIABLES_BYTES_MAX
