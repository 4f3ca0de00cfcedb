"""All of it at once: many functions, many calls, and everything that can go wrong."""

import asyncio
import json
import random
from collections import Counter
from pathlib import Path

from adapters.functions.laboratory import Lab

SOURCE = """
import os
def handler(event, context):
    kind, number = event
    if kind == "exit":
        os._exit(number % 5)
    if kind == "raise":
        raise ValueError(number)
    while kind == "loop":
        pass
    if kind == "large":
        return "x" * 7_000_000
    if kind == "print":
        print("y" * 300_000)
    return number
"""
EXPECTED = {
    "fine": "",
    "print": "",
    "exit": "Runtime.ExitError",
    "raise": "ValueError",
    "loop": "Sandbox.Timedout",
    "large": "Function.ResponseSizeTooLarge",
}
FUNCTIONS = 20
CALLS = 600


def count_descriptors() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


async def test_counts_add_up_and_nothing_is_left(lab: Lab) -> None:
    """Twenty functions share six environments; the seed makes a failure come again."""
    await lab.pools.close()
    lab.pools = lab.make_pools(environments_total_max=6)
    folder = lab.folder_of({"app.py": SOURCE})
    await lab.serve(*(lab.function(folder, f"f{n}", timeout=1) for n in range(FUNCTIONS)))
    chance = random.Random(7)
    kinds = chance.choices([*EXPECTED], [90, 2, 3, 3, 0.2, 0.5], k=CALLS)
    descriptors = count_descriptors()
    room = asyncio.Semaphore(30)

    async def call(number: int, kind: str) -> str:
        async with room:
            result = await lab.invoke([kind, number], f"f{chance.randrange(FUNCTIONS)}")
        answer = json.loads(result.payload)
        if result.function_error is None:
            assert answer == number
            return ""
        return str(answer["errorType"])

    answers = await asyncio.gather(*(call(number, kind) for number, kind in enumerate(kinds)))
    assert Counter(zip(kinds, answers, strict=True)) == Counter(
        (kind, EXPECTED[kind]) for kind in kinds
    )
    await lab.pools.close()
    assert count_descriptors() <= descriptors + 2
