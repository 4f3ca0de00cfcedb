import gc

from routekey.app.collector import freeze_soon
from scenarios.running import wait_until


async def test_what_a_start_has_made_leaves_the_collector_s_sight_in_a_moment() -> None:
    before = gc.get_freeze_count()
    timer = freeze_soon()
    try:
        assert gc.get_freeze_count() == before
        await wait_until(lambda: gc.get_freeze_count() > before, "a freeze")
    finally:
        timer.cancel()
        gc.unfreeze()
