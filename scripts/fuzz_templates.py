"""Random mapping templates: whatever the text, it renders or ends in an error of ours, in time.

Templates are put together from the pieces that templates are made of, so that many of them parse,
and each run is told by its seed: `scripts/fuzz-templates 1000 --seed 7` is always the same.
"""

import argparse
import collections
import random
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType, MappingProxyType
from typing import Final

from routekey.errors import TemplateError
from routekey.languages.vtl import (
    Input,
    Limits,
    Params,
    TemplateRenderError,
    Util,
    compile_template,
)

PIECES: Final = (
    *("$a", "${b}", "$!c", "$d", "$i", "$l[0]", "$a.b", "$m['k']", "${m.k}", "$m.a=", "$", "\\"),
    *("#set(", "#set($a = ", "#set($x=1)", "#if(", "#if(true)", "#elseif(", "#else", "#end"),
    *("#end", "#foreach($i in ", "#foreach($i in [1..3])", "$foreach", "#define($d)"),
    *("#macro(m)", "#break", "#stop", "#[[", "]]#", "#", "##", "#*", "*#", "\n", " ", "in"),
    *('"', "'", "(", ")", "[", "]", "{", "}", ",", ":", ".", "..", "=", "==", "+", "-", "*"),
    *("/", "%", "!", "&&", "||", "<", ">=", "eq", "not ", "1", "2.5", "-3", "true", "null"),
    *(".size()", ".substring(1)", ".replaceAll('a', '$1')", ".toString()", ".indexOf('t')"),
    *(".charAt(9)", "$m.put('k', $m)", "$l.add($l)", "$l.addAll($l)", "$b.parseInt('5')"),
    *("$input.json('$.a')", "$input.path('$..b')", "$input.params()", "$util.parseJson("),
    *("$util.escapeJavaScript($a)", "$util.urlEncode($l)", "$util.base64Encode($m)"),
    *("é", "😀", "\udcff", "\x00"),
)
PIECES_MAX: Final = 22
LIMITS: Final = Limits(steps_max=5000, characters_max=50_000)
"""A twentieth of what a message may do, so that a million runs end."""
SECONDS_MAX: Final = 5
"""One template with these limits takes 50 ms at the very most."""


def make_template(source: random.Random) -> str:
    """Put a template together."""
    return "".join(source.choices(PIECES, k=source.randint(1, PIECES_MAX)))


def try_template(text: str) -> str:
    """Render a template once: `rendered`, `refused` when read, or `failed` when rendered."""
    try:
        template = compile_template(text)
    except TemplateError:
        return "refused"
    scope: dict[str, object] = {
        "a": "text",
        "b": 7,
        "c": None,
        "l": [1, {"b": 2.5}],
        "m": {"k": "v", "l": []},
        "input": Input('{"a":{"b":[1,"x"]}}', Params(header={"H": "v"})),
        "util": Util(),
        "context": MappingProxyType({"stage": "dev"}),
    }
    try:
        template.render(scope, LIMITS)
    except TemplateRenderError:
        return "failed"
    return "rendered"


def run(
    count: int, seed: int, attempt: Callable[[str], str] = try_template
) -> collections.Counter[str]:
    """Try so many templates; whatever is wrong is raised, with the template as a note."""
    source = random.Random(seed)  # a test's, to be repeated
    outcomes: collections.Counter[str] = collections.Counter()
    for number in range(count):
        text = make_template(source)
        signal.setitimer(signal.ITIMER_REAL, SECONDS_MAX)
        try:
            outcomes[attempt(text)] += 1
        except BaseException as stranger:
            stranger.add_note(f"template {number} of seed {seed}: {text!r}")
            raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    return outcomes


def main() -> int:
    """Run as often as asked, and say how it went."""
    parser = argparse.ArgumentParser(description="Render random mapping templates.")
    parser.add_argument("count", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, _give_up)
    print(f"{options.count} templates of seed {options.seed}", flush=True)
    started = time.monotonic()
    outcomes = run(options.count, options.seed)
    told = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.most_common())
    print(f"{told}, in {time.monotonic() - started:.0f} s")
    return 0


def _give_up(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError(f"over {SECONDS_MAX} s")


if __name__ == "__main__":
    sys.exit(main())
