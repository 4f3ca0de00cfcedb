"""Which Lambda runtimes are retired: AWS runs what there is, and creates no more.

Source: LAM-RT-01.
"""

from typing import Final

RETIRED: Final = frozenset(
    (
        "dotnet5.0",
        "dotnet7",
        "dotnetcore1.0",
        "dotnetcore2.0",
        "dotnetcore2.1",
        "dotnetcore3.1",
        "go1.x",
        "java8",
        "nodejs",
        "nodejs10.x",
        "nodejs12.x",
        "nodejs14.x",
        "nodejs16.x",
        "nodejs4.3",
        "nodejs4.3-edge",
        "nodejs6.10",
        "nodejs8.10",
        "provided",
        "python2.7",
        "python3.6",
        "python3.7",
        "ruby2.5",
        "ruby2.7",
    )
)


def is_retired(runtime: str) -> bool:
    """Tell whether AWS no longer creates functions with a runtime."""
    return runtime in RETIRED
