import audit


def test_an_advisory_names_the_package_and_its_remedy() -> None:
    vulnerable = {
        "name": "thing",
        "version": "1.0",
        "vulns": [
            {"id": "PYSEC-2026-1", "fix_versions": ["1.1", "2.0"]},
            {"id": "PYSEC-2026-2", "fix_versions": []},
        ],
    }
    unknown = {"name": "ours", "skip_reason": "not found"}
    assert list(audit.find_advisories([vulnerable, unknown])) == [
        "thing 1.0: PYSEC-2026-1, fixed in 1.1, 2.0",
        "thing 1.0: PYSEC-2026-2, fixed in none yet",
    ]
