"""What the zygote loads once for all its children: the runtime client and boto3 with its data.

Nothing that depends on the environment may be kept: a child has other variables, another home and
other credentials. So the only state shared is what botocore read from its own data files.
"""

import sys


def preload() -> frozenset[str]:
    """Load what handlers need most.

    Returns:
        The names of the modules that Lambda's own runtime would have loaded before a handler; only
        these may not be replaced by a module of the function's own.
    """
    # The C++ client of the HTTP Runtime API is not used here, and would start libcurl.
    sys.modules["runtime_client"] = None  # type: ignore[assignment]  # how imports are blocked
    import awslambdaric.bootstrap  # noqa: PLC0415  # not before the line above
    import awslambdaric.lambda_literals  # noqa: PLC0415  # for the children
    import awslambdaric.lambda_runtime_hooks_runner  # noqa: F401, PLC0415  # for the children

    del sys.modules["runtime_client"]
    baseline = frozenset(sys.modules)
    try:
        _warm_sdk()
    except ImportError:  # boto3 does not run on this Python: handlers bring their own
        for name in set(sys.modules) - baseline:
            del sys.modules[name]
    return baseline


def _warm_sdk() -> None:
    import boto3  # noqa: F401, PLC0415  # most Python handlers import it
    import botocore.session  # noqa: PLC0415  # it may not run on this Python

    session = botocore.session.Session()
    session.create_client(
        "apigatewaymanagementapi",
        region_name="us-east-1",
        endpoint_url="https://localhost",
        aws_access_key_id="none",
        aws_secret_access_key="none",  # noqa: S106  # never used: nothing is sent
    )
    warm: dict[object, object] = vars(session.get_component("data_loader"))["_cache"]
    create_loader = botocore.session.create_loader

    def create_warm_loader(search_path_string: str | None = None) -> object:
        loader = create_loader(search_path_string)
        if search_path_string is None:  # AWS_DATA_PATH may put other models before botocore's
            vars(loader)["_cache"].update(warm)  # there is no public way in
        return loader

    botocore.session.create_loader = create_warm_loader  # type: ignore[assignment]  # as above
