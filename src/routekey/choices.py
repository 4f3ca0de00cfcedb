"""What we chose where nobody knows what AWS does, and what an operator may choose instead.

Each field is one open question of the list of rules: its default is our answer, its other values
are what somebody has seen, written or built. When a recording of AWS settles a question, its field
goes. The questions without a field, and why, are in `docs/explanation/differences.md`.

Most choices are made when a deployment is compiled; a snapshot carries the rest to where they are
read.

Source: DP-UNK-01 to DP-UNK-34.
"""

from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

T = TypeVar("T")


def _choice(default: T, rule: str, sentence: str) -> T:
    """Declare a choice."""
    return field(default=default, metadata={"rule": rule, "sentence": f"{sentence} ({rule})."})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """How Routekey behaves where AWS's behaviour is not known."""

    plain_get_status: Literal[426, 403] = _choice(
        426,
        "DP-UNK-01",
        "What a plain GET of a stage's URL gets: `426` without a body, or `403` and `Forbidden`",
    )
    missing_status_code: Literal[502, 500, 200] = _choice(
        502,
        "DP-UNK-03",
        "What a `$connect` function's answer without a `statusCode` means: `502`, `500`, or `200`, "
        "which accepts the connection",
    )
    text_status_code: Literal["number", "malformed"] = _choice(
        "number",
        "DP-UNK-03",
        'What `"statusCode": "200"` is: the `number`, or `malformed`',
    )
    route_value: Literal["any", "text"] = _choice(
        "any",
        "DP-UNK-04",
        "Which value of a message selects a route: `any`, by its text, or `text` alone, so that "
        "numbers and lists go to `$default`",
    )
    invalid_body_frame: Literal["Bad request body", "Forbidden"] = _choice(
        "Bad request body",
        "DP-UNK-06",
        "What a client reads whose message does not fit the model: `Bad request body`, or "
        "`Forbidden`",
    )
    response_expression_alone: Literal["two-way", "one-way"] = _choice(
        "two-way",
        "DP-UNK-08",
        "What a route with a response selection expression and without a route response is: "
        "`two-way`, or `one-way`",
    )
    null_reply: Literal["error", "nothing"] = _choice(
        "error",
        "DP-UNK-09",
        "What a function that returns null sends on a two-way route: an `error` frame, or "
        "`nothing`",
    )
    failed_reply: Literal["body", "error"] = _choice(
        "body",
        "DP-UNK-10",
        "What a function that answers a message with a status of 400 or more sends: its `body`, "
        "where the route is two-way, or an `error` frame",
    )
    base64_reply: Literal["decoded", "as-is"] = _choice(
        "decoded",
        "DP-UNK-11",
        "How a body with `isBase64Encoded` goes back after a message: `decoded`, or `as-is`",
    )
    backend_user_agent: Literal["client", "gateway"] = _choice(
        "client",
        "DP-UNK-12",
        "Whose User-Agent an HTTP_PROXY backend sees on `$connect`: the `client`'s, if there is "
        "one, or always the `gateway`'s",
    )
    unselected_template: Literal["default-or-json", "default"] = _choice(
        "default-or-json",
        "DP-UNK-13",
        "Which template is taken where no expression selects one: `$default`, then "
        "`application/json` (`default-or-json`), or `$default` alone (`default`)",
    )
    old_connection_code: Literal[1001, 1000] = _choice(
        1001,
        "DP-UNK-15",
        "The close code of a connection that reaches its age: `1001` as when idle, or `1000`",
    )
    invalid_text: Literal["close", "replace"] = _choice(
        "close",
        "DP-UNK-17",
        "What a text that is not UTF-8 does: `close` the connection with 1007, or `replace` what "
        "is invalid by U+FFFD",
    )
    deleted_stage: Literal["close", "keep"] = _choice(
        "close",
        "DP-UNK-20",
        "What becomes of the connections of a stage that is deleted: `close` them with 1001, or "
        "`keep` them, to answer each message with an error",
    )
    empty_post: Literal["frame", "nothing"] = _choice(
        "frame",
        "DP-UNK-21",
        "What an empty POST sends to the client: an empty `frame`, or `nothing`",
    )
    is_idle_reset_by_ping: bool = _choice(
        False, "DP-UNK-22", "Whether a Ping counts as a message: `false`, or `true`"
    )
    foreign_connection_id_status: Literal[400, 410] = _choice(
        400,
        "DP-UNK-24",
        "What a connection id that cannot be one of ours gets: `400`, or `410` as one that is gone",
    )
    proxy_models: Literal["validate", "ignore"] = _choice(
        "validate",
        "DP-UNK-28",
        "What the models of a route with a proxy integration do: `validate` its messages, or "
        "nothing (`ignore`)",
    )
    refusal_headers: Literal["pass", "drop"] = _choice(
        "pass",
        "DP-UNK-29",
        "What becomes of the headers of a `$connect` function that refuses: they `pass`, or `drop`",
    )
    response_key_match: Literal["whole", "start", "part"] = _choice(
        "whole",
        "DP-UNK-30",
        "What the pattern of an integration response has to match: the `whole` text, its `start`, "
        "or any `part`",
    )
    goodbye_forwarded_for: Literal["empty", "absent"] = _choice(
        "empty",
        "DP-UNK-31",
        "The `X-Forwarded-For` of a DISCONNECT event: `empty`, or `absent` as in 2019",
    )
    oversized_reply: Literal["error", "nothing"] = _choice(
        "error",
        "DP-UNK-33",
        "What is sent instead of a reply that is too large: an `error` frame, or `nothing`",
    )
    long_reply: Literal["fragments", "one-frame"] = _choice(
        "fragments",
        "DP-UNK-34",
        "How a reply of over 32 KB is sent: in `fragments`, or as `one-frame`",
    )


DEFAULT_CHOICES: Final = Choices()
"""Ours, where nobody chose otherwise."""
