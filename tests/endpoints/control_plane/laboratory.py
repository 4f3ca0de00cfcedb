"""A control plane on a real socket, and AWS's own SDK to ask it."""

import asyncio
import http.client
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Self

import boto3
from botocore.config import Config
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from routekey.adapters.credentials import IssuedCredentials
from routekey.adapters.store import MemoryStore
from routekey.adapters.system import SystemClock
from routekey.endpoints.admin import AdminListener
from routekey.endpoints.control_plane import ControlPlane, Door, create_control_plane
from routekey.endpoints.control_plane.iam import IdentityApi
from routekey.errors import ProjectError
from routekey.gateway.directory import Directory
from routekey.gateway.identity import account_root
from routekey.gateway.metering import UsageMeter
from routekey.resources.function import EventSource, Function
from routekey.resources.identity import Credential, Principal
from routekey.resources.managed_identity import Identities
from routekey.resources.store import FunctionHost, Store
from routekey.testing.apis import ACCOUNT_ID, REGION
from routekey.testing.fakes import CountingIds, FakeClock
from routekey.testing.world import KnownKeys

FUNCTION_URI = (
    f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/"
    f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:echo/invocations"
)
_SDK: Final[Any] = boto3.Session()  # `Any`: the service is an argument


class RecordingFunctions:
    """Where functions would run: keeps those that it was given, and can refuse one."""

    def __init__(self) -> None:
        self.present: tuple[Function, ...] = ()
        self.refused = ""
        """The name of a function that cannot be made ready."""

    async def replace(self, functions: Sequence[Function]) -> None:
        if any(function.function_name == self.refused for function in functions):
            raise ProjectError("its runtime is not installed", resource=self.refused)
        self.present = tuple(functions)


class RecordingSources:
    """Where queues and streams would be read."""

    def __init__(self) -> None:
        self.present: list[EventSource] = []

    async def replace(self, sources: Iterable[EventSource]) -> None:
        self.present = list(sources)


class Laboratory:
    """A control plane with everything around it.

    Args:
        store: where it keeps resources.
        is_strict: whether somebody with an unknown key is refused; else he is the administrator.
        functions: where functions run; if nothing is said, nowhere.
        on_change: is told what is served from now on.
        more_routes: of what else the admin listener has.
    """

    def __init__(
        self,
        store: Store | None = None,
        *,
        is_strict: bool = False,
        functions: FunctionHost | None = None,
        on_change: Callable[[Directory], None] = lambda _: None,
        more_routes: Callable[["Laboratory"], list[Route]] = lambda _: [],
    ) -> None:
        self.clock = FakeClock()
        self.given_keys = KnownKeys()
        self.credentials = IssuedCredentials(
            clock=self.clock, entropy=os.urandom, account_id=ACCOUNT_ID, beside=self.given_keys
        )
        self.published: list[Directory] = []
        self.functions = RecordingFunctions()
        self.event_sources = RecordingSources()
        self.meter = UsageMeter()
        self.identities = Identities()
        self._more_routes = more_routes
        self._on_change = on_change
        self.plane = ControlPlane(
            store or MemoryStore(),
            region=REGION,
            account_id=ACCOUNT_ID,
            clock=self.clock,
            entropy=os.urandom,
            on_change=self._publish,
            functions=functions or self.functions,
            event_sources=self.event_sources,
            on_identities=self._take_identities,
        )
        self.door = Door(
            region=REGION,
            credentials=self.credentials,
            stranger=None if is_strict else account_root(ACCOUNT_ID),
            clock=SystemClock(),  # the SDK signs with the machine's time
            ids=CountingIds(),
        )
        self._listener: AdminListener | None = None

    async def __aenter__(self) -> Self:
        await self.plane.open()
        routes = [
            *create_control_plane(self.plane, self.door, self.meter),
            *self._more_routes(self),
        ]
        self._listener = AdminListener(Starlette(routes=routes))
        self._listener.start("127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listener is not None:
            await self._listener.close()
        await self.plane.close()

    def _take_identities(self, identities: Identities) -> None:
        self.identities = identities
        self.credentials.replace(identities.roles, identities.users)

    def _publish(self, directory: Directory) -> None:
        self.published.append(directory)
        self._on_change(directory)

    @property
    def url(self) -> str:
        assert self._listener is not None
        return f"http://127.0.0.1:{self._listener.port}"

    @property
    def directory(self) -> Directory:
        """What is served now."""
        return self.published[-1]

    def client(self, service: str = "apigatewayv2", **given: Any) -> "Client":
        """Make an SDK client; it validates nothing itself, so that the gateway has to."""
        options: dict[str, Any] = {
            "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "aws_secret_access_key": "secret",
            "region_name": REGION,
            "endpoint_url": self.url,
            "config": Config(parameter_validation=False, retries={"max_attempts": 0}),
            **given,
        }
        return Client(_SDK.client(service, **options))

    def give_key(self, principal: Principal) -> dict[str, str]:
        """Give a principal a key; what comes back goes to `client`."""
        key = f"AKIA{len(self.given_keys):016}"
        self.given_keys[key] = Credential(
            access_key_id=key, secret_access_key="s3cret", principal=principal
        )
        return {"aws_access_key_id": key, "aws_secret_access_key": "s3cret"}


class Client:
    """An SDK client whose blocking calls run in a thread: `await client.create_api(Name=…)`."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self.inner, name)

        async def ask(**members: Any) -> Any:
            return await asyncio.to_thread(call, **members)

        return ask

    async def refuse(self, name: str, /, **members: Any) -> tuple[int, str, str]:
        """Make a call that is refused; give status, name and text of the refusal."""
        try:
            await getattr(self, name)(**members)
        except self.inner.exceptions.ClientError as error:
            answer = error.response
            status = answer["ResponseMetadata"]["HTTPStatusCode"]
            return status, answer["Error"]["Code"], answer["Error"]["Message"]
        raise AssertionError(f"{name} was not refused")


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """Leave the SDK's own member out of an answer."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


STRANGER = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=AKIASTRANGER/20260925/eu-west-2/apigateway/"
    f"aws4_request, SignedHeaders=host;x-amz-date, Signature={'0' * 64}",
    "X-Amz-Date": "20260925T000000Z",
}


async def ask(
    laboratory: Laboratory,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] = STRANGER,
) -> tuple[int, dict[str, str], bytes]:
    """Ask as no SDK does, with any path and body; the signature is a stranger's."""

    def wait() -> tuple[int, dict[str, str], bytes]:
        port = int(laboratory.url.rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        content = answer.read()
        connection.close()
        return answer.status, told, content

    return await asyncio.to_thread(wait)


async def answer_otherwise(_: Request) -> Response:
    return PlainTextResponse("another service")


def serve_iam(laboratory: Laboratory) -> list[Route]:
    return IdentityApi(
        plane=laboratory.plane,
        door=laboratory.door,
        account_id=ACCOUNT_ID,
        otherwise=answer_otherwise,
    ).routes()
