import requirements

_PROJECT = """
[project]
dependencies = ["Some_Thing[extra]>=2"]
[project.optional-dependencies]
local = ["helper"]
more = ["other"]
[dependency-groups]
dev = ["tool<5"]
"""


def test_locks_that_satisfy_the_project_have_no_drift() -> None:
    run = "helper==1\nsome-thing==2.1 \\\n    --hash=sha256:00\n"
    assert (
        list(
            requirements.find_drift(_PROJECT, run, run + 'other==1\ntool==4 ; python_version < "4"')
        )
        == []
    )


def test_what_is_missing_or_too_old_or_too_new_is_named() -> None:
    run, dev = "some-thing==1.9\nhelper==1\n", "tool==5.0\nhelper==1\nother==1\n"
    assert list(requirements.find_drift(_PROJECT, run, dev)) == [
        "requirements/run.txt has Some_Thing 1.9, not >=2",
        "requirements/dev.txt lacks Some_Thing",
        "requirements/dev.txt has tool 5.0, not <5",
        "requirements/dev.txt has some-thing None, run.txt has 1.9",
    ]


def test_an_address_in_a_lock_is_named() -> None:
    run = "some-thing==2.1\nhelper==1\n"
    dev = f"--index-url ftp://somewhere\n{run}other==1\ntool==4\n"
    assert list(requirements.find_drift(_PROJECT, run, dev)) == [
        "requirements/dev.txt holds an address; a lock names packages and hashes only"
    ]


def test_the_locks_of_this_project_are_in_step() -> None:
    assert requirements.main() == 0
