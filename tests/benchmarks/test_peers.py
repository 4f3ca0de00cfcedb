import json
import re

import pytest

from benchmarks.__main__ import main
from benchmarks.machine import HERE
from benchmarks.peers import PEERS, probes_of, rows_of


def test_each_row_of_a_peer_compares_what_is_measured() -> None:
    measured = set(probes_of([*PEERS]))
    compared = {
        place[0] for row in rows_of([*PEERS]) for place in (row.ours, row.reference) if place
    }
    assert compared == measured


def test_nothing_is_measured_for_peers_that_nobody_asked_for() -> None:
    assert not probes_of([])
    assert not rows_of([])


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_is_installed_at_one_version(name: str) -> None:
    folder = HERE / "peers" / name
    if (package := folder / "package.json").exists():
        versions = json.loads(package.read_text())["dependencies"].values()
    else:
        lines = (folder / "requirements.txt").read_text().splitlines()
        versions = [line.partition("==")[2] for line in lines]
    assert versions
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)


def test_an_unknown_peer_is_refused_with_those_that_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["--peer", "sam"])
    error = capsys.readouterr().err
    assert all(name in error for name in PEERS)
