"""Endpoints that are no address: `endpoint_url="xxxxxxxxxx.com/production"`, as notes have them.

boto3 refuses an endpoint without a scheme when the client is made, on AWS too. Where one API with
one stage is served, there is no doubt what was meant: the client for `@connections` gets that one's
address, and the log says what AWS would do.
"""

import sys
from typing import Any

SERVICE = "apigatewaymanagementapi"


def fill_in(callback_url: str) -> None:
    """Give clients for `@connections` an address where they name none; others are left alone."""
    session = sys.modules.get("botocore.session")
    if session is None:  # the function brings an SDK of its own
        return
    make = session.Session.create_client

    def create_client(self: object, service_name: str, *args: Any, **options: Any) -> object:
        endpoint = options.get("endpoint_url")
        if service_name == SERVICE and endpoint and "://" not in endpoint:
            print(  # noqa: T201  # the function's log
                f"[WARNING] endpoint_url {endpoint!r} has no scheme: on AWS boto3 refuses it "
                f"(Invalid endpoint). Using {callback_url}, the only API that is served.",
                file=sys.stderr,
            )
            options["endpoint_url"] = callback_url
        return make(self, service_name, *args, **options)

    session.Session.create_client = create_client
