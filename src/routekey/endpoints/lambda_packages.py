"""The zip files of functions and layers: taken from a request or from S3, and given out again.

Who asks for a function is told an address of its code, as on AWS: signed, good for ten minutes, and
enough by itself. It is of this listener, under the name that the caller used for it.

Source: Lambda API Reference, "FunctionCode", "FunctionCodeLocation".
"""

import asyncio
import hashlib
import hmac
import io
import re
import zipfile
from base64 import b64encode
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from routekey.clock import Clock
from routekey.endpoints.control_plane.packages import Package
from routekey.endpoints.control_plane.refusals import (
    InvalidParameterValueException,
    LambdaAccessDeniedException,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.resources.store import CodeStore, ObjectError, ObjectStore

UNZIPPED_BYTES_MAX: Final = 262_144_000
"""Of a package with all its layers; zipped it is not larger. Source: LAM-CTL-02."""
LINK_SECONDS: Final = 600
"""Source: Lambda API Reference, "GetFunction": a link is valid for ten minutes."""
_FOLDER: Final = "/lambda-packages"
_NAME: Final = re.compile(r"[0-9a-f]{64}\.zip")
_SECONDS: Final = re.compile(r"[0-9]{1,12}")
_DENIED: Final = "AccessDenied"


@dataclass(frozen=True, slots=True, kw_only=True)
class LambdaPackages:
    """The packages of one account.

    Args:
        code: keeps them.
        objects: finds those that lie in S3.
        clock: tells when links run out.
        signing_key: nobody can guess it; links are good as long as it is.
    """

    code: CodeStore
    objects: ObjectStore
    clock: Clock
    signing_key: bytes

    async def keep(self, source: Members) -> Package | None:
        """Put the zip file away that a request brings, or names; None where it does neither.

        Raises:
            AwsException: it is none, or cannot be had. Source: LAM-CTL-02.
        """
        package: bytes | None = source.get("zip_file")
        bucket, key = source.get("s3_bucket"), source.get("s3_key")
        if bucket and key:
            if package is not None:
                raise InvalidParameterValueException(
                    "Please do not provide other FunctionCode parameters when providing a ZipFile."
                )
            package = await self._fetch(bucket, key, source.get("s3_object_version"))
        if package is None:
            return None
        if not await asyncio.to_thread(zipfile.is_zipfile, io.BytesIO(package)):
            raise InvalidParameterValueException(
                "Could not unzip uploaded file. Please check your file, then try to upload again."
            )
        return Package(
            path=await self.code.keep(package),
            sha256=b64encode(hashlib.sha256(package).digest()).decode("ascii"),
            size=len(package),
        )

    async def _fetch(self, bucket: str, key: str, version: str | None) -> bytes:
        try:
            return await self.objects.read(bucket, key, version, bytes_max=UNZIPPED_BYTES_MAX)
        except ObjectError as error:
            if error.code == _DENIED:
                raise refuse_object(bucket, key) from error
            raise InvalidParameterValueException(
                f"Error occurred while GetObject. S3 Error Code: {error.code}. S3 Error Message: "
                f"{error}"
            ) from error

    def link(self, request: Request, path: str) -> str | None:
        """Make an address of a package; None for code that is no zip file of ours."""
        name = PurePath(path).name
        if not _NAME.fullmatch(name):
            return None
        until = str(self.clock.now_ms() // 1000 + LINK_SECONDS)
        query = urlencode({"Expires": until, "Signature": self._sign(name, until)})
        host = request.headers.get("host", "localhost")
        return f"{request.url.scheme}://{host}{_FOLDER}/{name}?{query}"

    def routes(self) -> list[Route]:
        """Make the route of the addresses, for the admin application."""
        return [Route(f"{_FOLDER}/{{name}}", self._answer, methods=["GET"])]

    async def _answer(self, request: Request) -> Response:
        name, until = request.path_params["name"], request.query_params.get("Expires", "")
        signature = request.query_params.get("Signature", "")
        if not hmac.compare_digest(signature.encode(), self._sign(name, until).encode()):
            return _refuse(
                403, "SignatureDoesNotMatch", "The signature is not that of this address."
            )
        if not _SECONDS.fullmatch(until) or int(until) * 1000 < self.clock.now_ms():
            return _refuse(403, _DENIED, "Request has expired")
        path = await self.code.find(name)
        if path is None:
            return _refuse(404, "NoSuchKey", "The specified key does not exist.")
        return FileResponse(path, media_type="application/zip")

    def _sign(self, name: str, until: str) -> str:
        return hmac.new(self.signing_key, f"{name}\n{until}".encode(), hashlib.sha256).hexdigest()


def refuse_object(bucket: str, key: str) -> LambdaAccessDeniedException:
    """Say that somebody may not read an object, as Lambda does."""
    return LambdaAccessDeniedException(
        "Your access has been denied by S3, please make sure your request credentials have "
        f"permission to GetObject for {bucket}/{key}. S3 Error Code: {_DENIED}. S3 Error Message: "
        "Access Denied"
    )


def _refuse(status: int, code: str, text: str) -> Response:
    """Refuse as S3 does, whose addresses AWS gives out."""
    content = f"<Error><Code>{code}</Code><Message>{text}</Message></Error>"
    return Response(content, status, media_type="application/xml")
