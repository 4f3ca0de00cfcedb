"""Room on the machine, shared by many functions."""

from routekey.adapters.functions.capacity import Capacity


class House:
    """A tenant that counts what is asked of it."""

    def __init__(self, size: int, idle_since: float | None = None) -> None:
        self.size = size
        self.idle_since = idle_since
        self.served = 0

    def drop_oldest(self) -> None:
        self.size -= 1
        self.idle_since = None

    def serve_queue(self) -> None:
        self.served += 1


def test_there_is_room_until_there_is_not() -> None:
    capacity, house = Capacity(2), House(1)
    capacity.join(house)
    assert capacity.has_room
    assert capacity.make_room()
    house.size = 2
    assert not capacity.has_room
    assert not capacity.make_room()
    capacity.leave(house)
    assert capacity.make_room()


def test_the_longest_idle_environment_makes_room() -> None:
    capacity = Capacity(3)
    houses = [House(1, 20.0), House(1, 10.0), House(1)]
    for house in houses:
        capacity.join(house)
    assert capacity.make_room()
    assert [house.size for house in houses] == [1, 0, 1]


def test_an_idle_environment_is_offered_to_others_only_when_there_is_no_room() -> None:
    capacity, house = Capacity(2), House(1)
    capacity.join(house)
    capacity.offer()
    assert house.served == 0
    house.size = 2
    capacity.offer()
    assert house.served == 1
