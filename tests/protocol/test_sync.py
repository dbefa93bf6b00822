"""Sync: whoever was away, cut off or unlucky has the same Book again soon after."""

from ruil.protocol import wire
from ruil.protocol.bodies import Profile
from ruil.protocol.events import Effect, Send, Wake
from ruil.protocol.ids import DeviceId, NeighbourId
from ruil.protocol.limits import ASK_AGAIN_MS, ASKED_IN_VAIN_MAX, HOUR
from ruil.protocol.sync import ASK_AGAIN, Sync
from ruil.simulations import village
from ruil.simulations.village import settle
from ruil.simulations.world import Node, World
from tests.protocol.actors import T0, Device, Village
from tests.protocol.test_spread import town


def digests(world: World) -> int:
    return len({node.peer.book.digest() for node in world.nodes})


def test_a_partition_heals() -> None:
    world = town(11)
    world.split({number: number % 2 for number in range(len(world.nodes))})
    for node in world.nodes:
        world.say(node, Profile(f"member {node.number}, on an island"))
    settle(world, 20)
    assert digests(world) > 1

    world.split({})
    settle(world, 10)

    assert digests(world) == 1


def test_who_was_away_catches_up() -> None:
    world = town(12)
    away = world.nodes[5]
    world.crash(away)
    for turn in range(30):
        world.say(world.nodes[turn % 4], Profile(f"while you were away {turn}"))
    settle(world, 5)

    world.restart(away)
    settle(world, 5)

    assert digests(world) == 1


def test_who_was_cut_off_in_the_middle_of_catching_up_catches_up_later() -> None:
    # Heads had come, the entries had not: the cursor must not claim that everything was heard.
    world = village.found(13)
    anna = world.nodes[0]
    ben = village.join(world, anna)
    settle(world, 5)
    world.split({ben.number: 1})
    for turn in range(20):
        world.say(anna, Profile(f"news {turn}"))

    def cut(node: Node, effect: Effect, _now: int) -> None:
        if node is ben and isinstance(effect, Send) and isinstance(effect.frame, wire.Want):
            world.watchers.clear()
            world.at(world.now, lambda: world.split({ben.number: 1}))

    world.watchers.append(cut)
    world.split({})
    settle(world, 5)
    assert digests(world) == 2
    world.split({})
    settle(world, 3)

    assert digests(world) == 1


def test_frames_that_are_lost_do_not_matter_in_the_end() -> None:
    world = town(14, members=8, links=2)
    world.links.loss = 0.05
    for turn in range(20):
        world.say(world.nodes[turn % 8], Profile(f"through the storm {turn}"))
        settle(world, 1)

    world.links.loss = 0.0
    settle(world, 90)

    assert digests(world) == 1
    assert world.blamed == {}


def test_meeting_again_tells_only_what_changed() -> None:
    world = town(15, members=6, links=2)
    anna, ben = world.nodes[0], world.nodes[1]
    told: list[int] = []

    def watch(node: Node, effect: Effect, _now: int) -> None:
        if node is anna and isinstance(effect, Send) and isinstance(effect.frame, wire.Heads):
            told.append(len(effect.frame.heads))

    others = {node.number: node.number for node in world.nodes if node not in (anna, ben)}
    world.split({**others, ben.number: 99})
    world.say(anna, Profile("one thing"))
    world.watchers.append(watch)
    world.split({**others, ben.number: 0})
    settle(world, 2)

    assert told == [1]
    assert anna.peer.book.digest() == ben.peer.book.digest()


def test_what_was_asked_for_later_is_asked_for_again_too() -> None:
    # A driver keeps the earliest time only, and it passes when the first answer has come but not the second.
    village = Village()
    one, other, third = (village.device(name) for name in ("one", "other", "third"))
    book = village.book()
    sync = Sync(book, b"epoch 01")
    holder, spare = NeighbourId(third.id), NeighbourId(village.founder.id)

    def heads(neighbour: NeighbourId, device: Device, now: int) -> list[Effect]:
        return sync.compare(neighbour, wire.Heads(bytes(8), 1, ((device.id, 1, device.entries[0].id[:8]),)), now)

    heads(holder, one, 0)
    heads(holder, other, 3_000)
    heads(spare, other, 3_000)
    book.apply(one.entries[0])
    sync.arrived(holder, one.id, 3_000)

    first = sync.again(ASK_AGAIN_MS)
    second = sync.again(3_000 + ASK_AGAIN_MS)

    assert first == [Wake(3_000 + ASK_AGAIN_MS, ASK_AGAIN)]
    assert second[0] == Send(spare, wire.Want(((other.id, 0, 0),)))


def test_who_tells_of_entries_and_brings_none_for_a_minute_makes_nobody_wait_for_the_rest() -> None:
    village = Village()
    book = village.book()
    sync = Sync(book, b"epoch 01")
    anna = village.founder
    stranger = village.device("a stranger")
    liar, honest = NeighbourId(stranger.id), NeighbourId(anna.id)
    said = len(anna.entries)

    def heads(neighbour: NeighbourId, device: Device, size: int) -> list[Effect]:
        return sync.compare(neighbour, wire.Heads(bytes(8), 1, ((device.id, size, bytes(8)),)), 0)

    def here() -> tuple[bool, bool, int]:
        return sync.complete(), sync.complete(claims=False), sync.expected()

    assert here() == (True, True, 0)
    heads(liar, stranger, 1_000)
    heads(honest, anna, said)
    for entry in anna.entries:
        book.apply(entry)
    sync.arrived(honest, anna.id, 0)

    for turn in range(1, ASKED_IN_VAIN_MAX + 1):
        assert here() == (False, False, 1_000 + said)
        again = sync.again(turn * ASK_AGAIN_MS)
        assert again[0] == Send(liar, wire.Want(((stranger.id, 0, 999),)))  # to the last, and after it

    assert here() == (False, True, said)
    book.apply(stranger.entries[0])
    sync.arrived(liar, stranger.id, (ASKED_IN_VAIN_MAX + 1) * ASK_AGAIN_MS)
    assert here() == (False, False, 1_000 + said)


def test_what_was_asked_for_before_the_clock_was_set_back_is_asked_for_again() -> None:
    village = Village()
    one, holder = village.device("one"), village.device("holder")
    sync = Sync(village.book(), b"epoch 01")
    heads = wire.Heads(bytes(8), 1, ((one.id, 1, one.entries[0].id[:8]),))
    asked = sync.compare(NeighbourId(holder.id), heads, T0)

    again = sync.again(T0 - HOUR)

    assert again[0] == asked[0] == Send(NeighbourId(holder.id), wire.Want(((one.id, 0, 0),)))


def two_who_met(seed: int) -> tuple[World, Node, Node, list[tuple[Node, wire.Frame]]]:
    """Anna and Ben have met, and are parted; whatever they send from now on is written down."""
    world = village.found(seed)
    anna = world.nodes[0]
    ben = village.join(world, anna)
    settle(world, 5)
    sent: list[tuple[Node, wire.Frame]] = []

    def watch(node: Node, effect: Effect, _now: int) -> None:
        if isinstance(effect, Send):
            sent.append((node, effect.frame))

    world.split({ben.number: 1})
    world.watchers.append(watch)
    return world, anna, ben, sent


def test_who_met_before_says_hello_without_a_card_and_names_known_logs_by_their_beginning() -> None:
    world, anna, _ben, sent = two_who_met(31)
    world.say(anna, Profile("one thing"))

    world.split({})
    settle(world, 2)

    assert [frame.card for _, frame in sent if isinstance(frame, wire.Hello)] == [(), ()]
    assert [frame.heads[0][0] for node, frame in sent if node is anna and isinstance(frame, wire.Heads)] == [
        anna.device.public[:8]
    ]
    assert [frame.ranges[0][0] for _, frame in sent if isinstance(frame, wire.Want)] == [anna.device.public[:8]]
    assert digests(world) == 1


def test_who_comes_back_with_an_empty_disk_is_sent_the_card_and_everything_by_its_whole_name() -> None:
    world, anna, ben, sent = two_who_met(32)
    world.crash(ben)
    ben.disk = [entry for entry in ben.disk if entry.device == ben.device.public]
    sent.clear()

    world.restart(ben)
    world.split({})
    settle(world, 5)

    pushed = [frame.data for node, frame in sent if node is anna and isinstance(frame, wire.Push)]
    assert pushed[:2] == [entry.data for entry in anna.disk if entry.device == anna.device.public][:2]
    assert all(len(head[0]) == 32 for _, frame in sent if isinstance(frame, wire.Heads) for head in frame.heads)
    assert digests(world) == 1


def test_a_log_that_can_not_be_told_from_another_by_its_beginning_is_named_in_full() -> None:
    made = Village()
    one = made.founder
    like = DeviceId(one.id[:8] + bytes(24))  # nobody can make such a key; two of one's own take 2^32 tries
    book = made.book(one)
    book.logs[like] = book.logs[one.id]
    sync = Sync(book, b"epoch 01")
    neighbour = NeighbourId(made.device("ben").id)
    for device in (one.id, like):
        sync.grew(device)
    sync.greet(neighbour, b"epoch 01", 2)
    sync.grew(one.id)

    (told,) = sync.tell(neighbour)

    assert isinstance(told, Send)
    assert isinstance(told.frame, wire.Heads)
    assert told.frame.heads[0][0] == one.id
    said = wire.Heads(b"epoch 02", 1, ((one.id[:8], 9, bytes(8)), (b"nobody's", 9, bytes(8))))
    assert sync.in_full(neighbour, said).heads == ()
    assert sync.wanted(neighbour, ((one.id[:8], 0, 0), (b"nobody's", 0, 0))) == []
