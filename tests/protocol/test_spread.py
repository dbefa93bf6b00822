"""Spread: what one says reaches all, many speaking at once, and not once per link."""

from random import Random

from ruil.protocol import wire
from ruil.protocol.bodies import Profile
from ruil.protocol.events import Effect, Send, Serve, Store, Wake
from ruil.protocol.ids import Millis, NeighbourId
from ruil.protocol.limits import (
    ANNOUNCE_AFTER_MS,
    ANNOUNCE_EVERY_MS,
    ANNOUNCE_MAX,
    EAGER_MIN,
    HOUR,
    PRUNE_AGAIN,
    PULL_AFTER_MS,
)
from ruil.protocol.spread import FLUSH, PULL, Spread
from ruil.simulations import village
from ruil.simulations.links import NS_PER_MS
from ruil.simulations.village import settle
from ruil.simulations.world import Node, World
from tests.protocol.actors import T0, Village


def town(seed: int, members: int = 12, links: int = 4) -> World:
    """So many members, all let in, each linked to some others besides their host."""
    world = village.found(seed)
    for _ in range(members - 1):
        village.join(world, world.nodes[0])
    settle(world, 10)
    chance = Random(seed)
    for node in world.nodes:
        for other in chance.sample([each for each in world.nodes if each is not node], links):
            if other.number not in node.neighbours:
                world.link(node, other)
    settle(world, 10)
    return world


def test_many_speaking_at_once_are_all_heard_by_all() -> None:
    world = town(5)
    before = world.nodes[0].peer.book.entries()

    for turn in range(5):
        for node in world.nodes[:8]:
            world.say(node, Profile(f"member {node.number}, for the {turn}. time"))
    settle(world, 5)

    assert {node.peer.book.entries() for node in world.nodes} == {before + 40}
    assert len({node.peer.book.digest() for node in world.nodes}) == 1


def test_the_last_hears_within_a_second() -> None:
    world = town(6)
    heard: dict[int, int] = {}

    def watch(node: Node, effect: Effect, now: int) -> None:
        if isinstance(effect, Store):
            heard.setdefault(node.number, now)

    world.watchers.append(watch)
    begin = world.now
    world.say(world.nodes[3], Profile("news"))
    settle(world, 5)

    assert len(heard) == len(world.nodes)
    assert max(heard.values()) - begin <= 1_000 * NS_PER_MS


def test_once_the_tree_has_grown_few_pushes_are_repeats() -> None:
    world = town(7)
    for turn in range(10):
        world.say(world.nodes[turn % 4], Profile(f"grow {turn}"))
        settle(world, 2)
    pushes = 0

    def watch(_node: Node, effect: Effect, _now: int) -> None:
        nonlocal pushes
        pushes += isinstance(effect, Send) and isinstance(effect.frame, wire.Push)

    world.watchers.append(watch)
    for turn in range(10):
        world.say(world.nodes[turn % 4], Profile(f"count {turn}"))
        settle(world, 2)

    links = sum(len(node.neighbours) for node in world.nodes)
    assert pushes / 10 < links / 2


def test_one_seed_gives_one_story() -> None:
    traces = set()
    for _ in range(2):
        world = town(8, members=6, links=2)
        world.say(world.nodes[2], Profile("the same"))
        settle(world)
        traces.add(world.trace)

    assert len(traces) == 1


# The rules of one link


def four_neighbours() -> tuple[Village, Spread, list[NeighbourId]]:
    made = Village()
    spread = Spread(made.founder.id)
    neighbours = sorted(NeighbourId(made.device(f"neighbour {number}").id) for number in range(4))
    for neighbour in neighbours:
        spread.join(neighbour)
    return made, spread, neighbours


def test_news_is_pushed_to_all_but_its_source() -> None:
    made, spread, neighbours = four_neighbours()
    entry = made.founder.entries[0]

    effects = spread.news(entry, neighbours[0], T0)

    assert effects == [
        Send(each, wire.Push(entry.device, entry.data)) for each in spread.eager() if each != neighbours[0]
    ]


def test_a_pruned_link_hears_by_announcement() -> None:
    made, spread, neighbours = four_neighbours()
    spread.pruned(neighbours[0])
    entry = made.founder.entries[0]

    effects = spread.news(entry, None, T0)

    assert Wake(T0 + ANNOUNCE_AFTER_MS, FLUSH) in effects
    announced = [effect for _ in range(2) for effect in spread.flush(T0) if isinstance(effect, Send)]
    assert announced == [Send(neighbours[0], wire.Announce((entry.id[:8],)))]
    assert spread.flush(T0) == []


def test_of_two_ends_of_a_lazy_link_one_announces_and_the_other_only_what_it_did_not_hear() -> None:
    made = Village()
    greater, smaller = sorted((made.device("one"), made.device("other")), key=lambda each: each.id, reverse=True)
    entry, unheard = made.founder.entries[:2]
    others = [NeighbourId(made.device(f"another {number}").id) for number in range(EAGER_MIN)]
    ends = {}
    for me, other in ((greater, smaller), (smaller, greater)):
        ends[me.id] = spread = Spread(me.id)
        for neighbour in (NeighbourId(other.id), *others):
            spread.join(neighbour)
        spread.pruned(NeighbourId(other.id))
        spread.news(entry, None, T0)
    ends[greater.id].news(unheard, None, T0)

    def announced(effects: list[Effect]) -> list[bytes]:
        return [id_ for each in effects if isinstance(each, Send) for id_ in getattr(each.frame, "ids", ())]

    at_first, waits = ends[smaller.id].flush(T0), ends[greater.id].flush(T0)
    ends[greater.id].announced((entry.id[:8],), NeighbourId(smaller.id), T0)
    second = ends[greater.id].flush(T0 + ANNOUNCE_EVERY_MS)

    assert announced(at_first) == [entry.id[:8]]
    assert waits == [Wake(T0 + ANNOUNCE_EVERY_MS, FLUSH)]
    assert announced(second) == [unheard.id[:8]]


def test_after_a_silence_news_is_announced_soon_and_in_busy_times_what_came_meanwhile_goes_together() -> None:
    made, spread, neighbours = four_neighbours()
    spread.pruned(neighbours[0])
    first, second, third = made.founder.entries[0], *(made.founder.say(Profile(name)) for name in ("Anna", "A."))
    flushed = T0 + ANNOUNCE_AFTER_MS

    assert waits(spread.news(first, None, T0)) == [Wake(flushed, FLUSH)]
    spread.flush(flushed)
    assert waits(spread.flush(flushed)) == []  # what waits a turn more, at the greater end
    assert waits(spread.news(second, None, Millis(flushed + 1))) == [Wake(flushed + ANNOUNCE_EVERY_MS, FLUSH)]
    assert waits(spread.news(third, None, Millis(flushed + 2))) == []


def test_a_clock_set_back_puts_no_announcement_off() -> None:
    made, spread, neighbours = four_neighbours()
    spread.pruned(neighbours[0])
    spread.flush(T0)
    before = Millis(T0 - HOUR)

    assert waits(spread.news(made.founder.entries[0], None, before)) == [Wake(before + ANNOUNCE_EVERY_MS, FLUSH)]


def waits(effects: list[Effect]) -> list[Effect]:
    return [effect for effect in effects if isinstance(effect, Wake)]


def test_who_needs_our_pushes_is_asked_to_stop_ever_more_seldom_and_anew_once_they_brought_what_no_other_did() -> None:
    made, spread, neighbours = four_neighbours()
    needs = neighbours[0]

    def refused(times: int) -> list[int]:
        """Which of so many repeats in a row made us ask them to stop, which they refused each time."""
        asked = []
        for number in range(1, times + 1):
            if spread.repeated(needs):
                asked.append(number)
                spread.asked((), needs)
        return asked

    assert refused(2 * PRUNE_AGAIN) == [1, 2, 4, 8, 16, 32, PRUNE_AGAIN, 2 * PRUNE_AGAIN]

    spread.announced((made.founder.entries[0].id[:8],), needs, T0)
    spread.pull(T0 + PULL_AFTER_MS)
    assert refused(2) == [1, 2]


def test_what_was_announced_and_not_pushed_is_asked_for() -> None:
    made, spread, neighbours = four_neighbours()
    short = made.founder.entries[0].id[:8]

    announced = spread.announced((short,), neighbours[1], T0)
    early, due = spread.pull(T0), spread.pull(T0 + PULL_AFTER_MS)

    assert announced == [Wake(T0 + PULL_AFTER_MS, PULL)]
    assert early == [Wake(T0 + PULL_AFTER_MS, PULL)]
    assert due[0] == Send(neighbours[1], wire.Ask((short,)))


def test_what_was_announced_before_the_clock_was_set_back_is_asked_for_all_the_same() -> None:
    made, spread, neighbours = four_neighbours()
    short = made.founder.entries[0].id[:8]
    spread.announced((short,), neighbours[1], T0)

    asked = spread.pull(T0 - HOUR)

    assert asked[0] == Send(neighbours[1], wire.Ask((short,)))


def test_what_was_announced_and_came_is_not_asked_for() -> None:
    made, spread, neighbours = four_neighbours()
    entry = made.founder.entries[0]
    spread.announced((entry.id[:8],), neighbours[1], T0)

    spread.news(entry, neighbours[2], T0)

    assert spread.pull(T0 + PULL_AFTER_MS) == []


def test_only_who_may_read_has_a_part_in_the_tree_and_naming_an_entry_twice_is_naming_it_once() -> None:
    made, spread, neighbours = four_neighbours()
    short = made.founder.entries[0].id[:8]
    stranger = NeighbourId(made.device("a stranger").id)

    assert spread.announced((short,) * 9, stranger, T0) == []
    spread.announced((short,) * 9, neighbours[1], T0)

    asked = [effect for turn in range(1, 9) for effect in spread.pull(T0 + turn * PULL_AFTER_MS)]
    assert [effect for effect in asked if isinstance(effect, Send)] == [Send(neighbours[1], wire.Ask((short,)))]


def test_what_was_announced_is_asked_for_in_pieces_a_neighbour_takes() -> None:
    spread, holder = Spread(Village().founder.id), NeighbourId(bytes(32))
    spread.join(holder)
    for start in range(2):
        ids = tuple((start * ANNOUNCE_MAX + number).to_bytes(8, "big") for number in range(ANNOUNCE_MAX))
        spread.announced(ids, holder, T0)

    first = spread.pull(T0 + PULL_AFTER_MS)
    second = spread.pull(T0 + 2 * PULL_AFTER_MS)

    asked = [effect.frame.ids for effect in (*first, *second) if isinstance(effect, Send)]
    assert [len(ids) for ids in asked] == [ANNOUNCE_MAX, ANNOUNCE_MAX]
    assert len({*asked[0], *asked[1]}) == 2 * ANNOUNCE_MAX


def test_an_ask_for_a_stretch_of_one_log_is_one_piece_of_work() -> None:
    made, spread, neighbours = four_neighbours()
    zoe = made.joins(made.founder, "zoe")
    said = [zoe.say(Profile(f"Zoe {number}")) for number in range(300)]
    for entry in (*made.founder.entries, *zoe.entries):
        spread.remember(entry)
    left_out = (said[0], said[100], said[299])
    asked = [entry.id[:8] for entry in said if entry not in left_out]
    founded = made.founder.entries[0]

    served = spread.asked([*reversed(asked), founded.id[:8], *asked], neighbours[1])

    assert sorted(served, key=lambda each: (each.device != zoe.id, each.first)) == [
        Serve(neighbours[1], zoe.id, said[1].seq, said[99].seq),
        Serve(neighbours[1], zoe.id, said[101].seq, said[298].seq),
        Serve(neighbours[1], founded.device, 0, 0),
    ]


def test_who_may_not_read_is_served_nothing_by_asking() -> None:
    made, spread, _ = four_neighbours()
    entry = made.founder.entries[0]
    spread.remember(entry)

    assert spread.asked([entry.id[:8]], NeighbourId(made.device("a stranger").id)) == []


def test_when_an_eager_link_goes_a_lazy_one_takes_its_place_before_anything_is_missed() -> None:
    _, spread, neighbours = four_neighbours()
    for neighbour in neighbours[2:]:
        spread.pruned(neighbour)
    assert spread.eager() == neighbours[:2]

    went = spread.leave(neighbours[0])

    assert went == [Send(neighbours[2], wire.Ask(()))]
    assert spread.eager() == neighbours[1:3]
    assert spread.leave(neighbours[3]) == []
