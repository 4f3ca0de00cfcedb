"""The random templates of scripts/fuzz-templates, a few of them."""

import random
import signal
from collections.abc import Iterator

import pytest

import fuzz_templates


@pytest.fixture(autouse=True)
def _restored_alarm() -> Iterator[None]:
    before = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)
    yield
    signal.signal(signal.SIGALRM, before[0])
    signal.setitimer(signal.ITIMER_REAL, *before[1])


def test_a_seed_makes_the_same_templates_again() -> None:
    first, second = (fuzz_templates.make_template(random.Random(7)) for _ in range(2))
    assert first == second


def test_whatever_the_template_it_renders_or_ends_in_an_error_of_ours() -> None:
    outcomes = fuzz_templates.run(2000, seed=7)
    assert sum(outcomes.values()) == 2000
    assert set(outcomes) == {"rendered", "refused", "failed"}
    assert outcomes["rendered"] > 200


def test_a_template_that_breaks_the_interpreter_is_told() -> None:
    def break_down(_: str) -> str:
        raise KeyError("a bug")

    with pytest.raises(KeyError) as caught:
        fuzz_templates.run(1, seed=7, attempt=break_down)
    assert caught.value.__notes__[0].startswith("template 0 of seed 7: ")
