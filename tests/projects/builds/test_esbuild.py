"""TypeScript becomes JavaScript, by a real esbuild."""

from pathlib import Path

import pytest

from routekey.adapters.functions.packages import cache_folder
from routekey.errors import ProjectError
from routekey.projects.builds.esbuild import bundle_handler, esbuild_flags, find_esbuild

CACHE = cache_folder()
SOURCE = 'import { a } from "@aws-sdk/client-dynamodb"; export const handler = (): string => a;'


def bundle(folder: Path, text: str, cache: Path) -> Path:
    (folder / "deep").mkdir(parents=True, exist_ok=True)
    entry = folder / "deep" / "app.ts"
    entry.write_text(text, encoding="utf-8")
    flags = ("--format=cjs", "--target=node20")
    return bundle_handler(folder, entry, cache, output="deep/app.js", flags=flags)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache of its own, with esbuild in it."""
    own = tmp_path / "cache"
    own.mkdir()
    modules = find_esbuild(Path("/"), CACHE).parent.parent
    (own / "esbuild").symlink_to(modules)
    return own


def test_the_projects_own_esbuild_is_taken(tmp_path: Path) -> None:
    own = tmp_path / "node_modules" / "esbuild" / "bin" / "esbuild"
    own.parent.mkdir(parents=True)
    own.touch()
    assert find_esbuild(tmp_path / "src" / "deep", CACHE) == own.parent.parent


def test_what_the_runtime_brings_stays_out_of_the_bundle(tmp_path: Path, cache: Path) -> None:
    built = bundle(tmp_path / "src", SOURCE, cache)
    assert 'require("@aws-sdk/client-dynamodb")' in (built / "deep" / "app.js").read_text()


def test_a_bundle_that_is_the_same_keeps_its_folder(tmp_path: Path, cache: Path) -> None:
    source = tmp_path / "src"
    first = bundle(source, SOURCE, cache)
    made = (first / "deep" / "app.js").stat().st_mtime_ns
    assert bundle(source, SOURCE, cache) == first
    assert (first / "deep" / "app.js").stat().st_mtime_ns == made
    others = [bundle(source, f"{SOURCE} export const n = {n};", cache) for n in range(3)]
    assert len({first, *others}) == 4
    assert sorted(first.parent.iterdir()) == sorted(others)


NPM = """#!/bin/sh
for folder in {others} "$3"; do
    mkdir -p "$folder/node_modules/esbuild/bin"
    echo "$folder" > "$folder/node_modules/esbuild/bin/esbuild"
done
"""
"""An npm that is asked to `install --prefix FOLDER`, while other gateways install too."""


@pytest.mark.parametrize("is_faster", [False, True])
def test_of_two_that_install_it_at_once_one_is_taken_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_faster: bool
) -> None:
    place = tmp_path / "cache" / "esbuild"
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(NPM.format(others=place if is_faster else ""))
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}:/usr/bin:/bin")
    package = find_esbuild(tmp_path, tmp_path / "cache")
    assert package == place / "node_modules" / "esbuild"
    maker = Path((package / "bin" / "esbuild").read_text().strip())
    assert maker == place if is_faster else maker.parent == place
    assert [path.name for path in place.iterdir()] == ["node_modules"]


def test_without_npm_there_is_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ProjectError, match="Install Node with npm"):
        find_esbuild(Path("/"), tmp_path)


def test_sams_build_properties_are_flags() -> None:
    flags = esbuild_flags(
        {
            "Target": "es2022",
            "MainFields": "module,main",
            "Minify": True,
            "KeepNames": False,
            "External": ["sharp", "@aws-sdk/*"],
            "Loader": [".html=text"],
            "Banner": {"js": "/* ours */"},
            "EntryPoints": ["app.ts"],
            "Sourcemap": True,
        }
    )
    assert flags == (
        "--main-fields=module,main",
        "--target=es2022",
        "--minify",
        "--banner:js=/* ours */",
        "--external:sharp",
        "--external:@aws-sdk/*",
        "--loader:.html=text",
    )
