"""`routekey logs`."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.processes import SECONDS_MAX, assert_is_one_error, routekey
from routekey.cli.logs import follow_file, read_last


class WaitedError(Exception):
    """Nothing more comes, and the follower would wait for ever."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    for group in ("aws/lambda/echo", "aws/apigateway/6behyoa40f/dev", "chat-access"):
        file = folder / f"{group}.log"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{group} {number}\n" for number in range(200)))
    return folder


def logs(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return routekey("logs", *arguments, ROUTEKEY_TELEMETRY_LOG_FOLDER=str(folder))


@pytest.mark.rule("LAM-LOG-06")
@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("echo", "aws/lambda/echo"),
        ("/aws/lambda/echo", "aws/lambda/echo"),
        ("/aws/apigateway/6behyoa40f/dev", "aws/apigateway/6behyoa40f/dev"),
        ("chat-access", "chat-access"),
    ],
)
def test_the_last_lines_of_a_function_or_log_group_are_shown(
    folder: Path, name: str, group: str
) -> None:
    assert logs(folder, name, "-n", "2").stdout == f"{group} 198\n{group} 199\n"
    assert len(logs(folder, name).stdout.splitlines()) == 100


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("ecko", "Did you mean echo?"),
        ("zzz", "There is: /aws/apigateway/6behyoa40f/dev, echo, chat-access."),
        ("../../secret", "there is no log of ../../secret"),
    ],
)
def test_an_unknown_name_is_one_error_that_names_what_there_is(
    folder: Path, name: str, problem: str
) -> None:
    assert_is_one_error(logs(folder, name), problem)


def test_without_a_folder_it_says_how_to_get_one() -> None:
    assert_is_one_error(routekey("logs", "echo"), "telemetry.log_folder", "routekey run")


def test_a_log_that_is_yet_to_come_is_waited_for_until_ctrl_c(folder: Path) -> None:
    command = [sys.executable, "-m", "routekey", "logs", "-f", "late"]
    settings = folder / "routekey.toml"
    settings.write_text(f'[telemetry]\nlog_folder = "{folder}"\n')
    with subprocess.Popen(
        [*command, "--config", str(settings)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stderr.readline() == f"note there is no log of late in {folder} yet\n"
        (folder / "aws/lambda/late.log").write_text("first\n")
        assert process.stdout.readline() == "first\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS_MAX) == 130


def test_a_file_that_is_not_there_has_no_last_lines(tmp_path: Path) -> None:
    assert list(read_last(tmp_path / "no.log", 5)) == []


class TestFollowing:
    """What is added to a file, each change made while the follower waits."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "f.log"
        path.write_text("old\n")
        return path

    def follow(self, path: Path, *changes: Callable[[], object]) -> list[str]:
        coming = list(changes)

        def wait() -> None:
            if not coming:
                raise WaitedError
            coming.pop(0)()

        lines: list[str] = []
        with pytest.raises(WaitedError):
            lines.extend(line.decode() for line in follow_file(path, wait))
        return lines

    def test_only_what_is_new_is_given_line_by_line(self, path: Path) -> None:
        assert self.follow(path, adding(path, "a\nb\n"), adding(path, "c\n")) == [
            "a\n",
            "b\n",
            "c\n",
        ]

    def test_a_line_is_given_when_it_is_whole(self, path: Path) -> None:
        assert self.follow(path, adding(path, "ha"), adding(path, "lf\n")) == ["half\n"]

    def test_a_full_file_that_is_put_aside_is_read_to_its_end(self, path: Path) -> None:
        def rotate() -> None:
            adding(path, "last\n")()
            path.rename(path.with_name("f.log.1"))
            path.write_text("first\n")

        assert self.follow(path, rotate, adding(path, "second\n")) == [
            "last\n",
            "first\n",
            "second\n",
        ]

    def test_a_file_that_goes_away_and_comes_back_is_read_from_its_start(self, path: Path) -> None:
        assert self.follow(path, path.unlink, adding(path, "again\n")) == ["again\n"]


def adding(path: Path, text: str) -> Callable[[], object]:
    """Make a change that adds to a file."""

    def add() -> None:
        with path.open("a") as file:
            file.write(text)

    return add
