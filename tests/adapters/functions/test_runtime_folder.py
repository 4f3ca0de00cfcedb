"""The folder that Python functions see beside the standard library."""

from pathlib import Path

from routekey.adapters.functions.runtime_folder import make_runtime_folder


def test_the_folder_has_the_runtime_and_nothing_else(tmp_path: Path) -> None:
    make_runtime_folder(tmp_path)
    names = {path.name.partition(".")[0] for path in tmp_path.iterdir()}
    assert names == {
        "awslambdaric",
        "boto3",
        "botocore",
        "dateutil",
        "jmespath",
        "routekey_runtime",
        "runtime_client",
        "s3transfer",
        "simplejson",
        "six",
        "snapshot_restore_py",
        "urllib3",
    }
    assert all(path.exists() for path in tmp_path.iterdir())
