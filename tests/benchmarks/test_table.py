from benchmarks.table import PROBES, ROWS


def test_every_row_names_probes_that_exist() -> None:
    named = {place[0] for row in ROWS for place in (row.ours, row.reference) if place}
    assert named == set(PROBES)


def test_every_goal_can_be_compared() -> None:
    for row in ROWS:
        assert row.is_reached(0) is not row.is_reached(1e12), row.title
