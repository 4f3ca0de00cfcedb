"""The sources of a bundle."""

from pathlib import Path

import pytest

from routekey.projects.builds.bundles import find_sources

BUNDLE = """"use strict";
// node_modules/ulid/index.js
var ulid = 1;

// lambda/handler.ts
var x = 1; // lambda/not-noted.ts
  // lambda/data.json
// lambda/handler.ts
// A comment of somebody's
"""


def make(*files: Path) -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "cache" / "asset.1"
    folder.mkdir(parents=True)
    (folder / "index.js").write_text(BUNDLE)
    return folder


@pytest.mark.parametrize("base", [".", "..", "../backend", "../.."])
def test_sources_are_found_from_where_they_were_bundled(
    tmp_path: Path, bundle: Path, base: str
) -> None:
    """The lock file is in the application, above it, or beside it."""
    application = tmp_path / "repository" / "packages" / "cdk"
    application.mkdir(parents=True)
    folder = (application / base).resolve()
    names = ("handler.ts", "data.json", "not-noted.ts")
    make(*(folder / "lambda" / name for name in names), folder / "node_modules/ulid/index.js")
    assert find_sources(bundle, application) == (
        str(folder / "lambda" / "handler.ts"),
        str(folder / "lambda" / "data.json"),
    )


def test_a_bundle_that_does_not_tell_has_no_sources(tmp_path: Path, bundle: Path) -> None:
    application = tmp_path / "cdk"
    application.mkdir()
    assert find_sources(bundle, application) == ()
    (bundle / "index.js").write_text("var a=1;")
    make(application / "lambda" / "handler.ts")
    assert find_sources(bundle, application) == ()


def test_of_a_large_bundle_the_end_tells(tmp_path: Path, bundle: Path) -> None:
    """What packages bring comes first, and the function itself last."""
    application = tmp_path / "cdk"
    make(application / "first.ts", application / "last.ts")
    package = "var sdk;\n" * (4 * 1024 * 1024)
    (bundle / "index.js").write_text(f"// first.ts\n{package}// last.ts\n")
    assert find_sources(bundle, application) == (str(application / "last.ts"),)
