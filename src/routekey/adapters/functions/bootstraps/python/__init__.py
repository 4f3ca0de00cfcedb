"""What a Python function's process runs before its handler.

Not imported by the gateway: the runtime folder shows this package as `routekey_runtime` to a Python
that sees neither Routekey nor what is installed beside it.
"""
