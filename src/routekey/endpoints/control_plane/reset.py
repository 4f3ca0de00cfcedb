"""A way for test suites to begin anew: everything that was made is forgotten.

The path is that of moto's server, so that suites that were written for it need no change. It asks
for no signature, as moto does not: serve it only where the operator switched it on.
"""

import logging

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from routekey.endpoints.control_plane.plane import ControlPlane

logger = logging.getLogger("routekey.control_plane")


def create_reset(plane: ControlPlane) -> list[Route]:
    """Make the route, for the admin application."""

    async def reset(_: Request) -> Response:
        await plane.reset()
        logger.warning("everything was forgotten, as a test suite asked")
        return JSONResponse({"status": "ok"})

    return [Route("/moto-api/reset", reset, methods=["POST"])]
