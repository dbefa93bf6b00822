"""A village: a community of simulated members who have all been let in. Where most simulations and tests begin."""

from ruil.crypto.keys import SigningKey, key_from_seed_and_name
from ruil.protocol import charters, invitations, members
from ruil.protocol.bodies import Profile
from ruil.protocol.charters import Charter
from ruil.protocol.ids import DeviceId, MemberId
from ruil.simulations.links import NS_PER_MS, Links
from ruil.simulations.world import START_MS, Node, World

DAY_S = 86_400


def found(seed: int, name: str = "Elm Street", *, links: Links | None = None, credit_limit: int = 600) -> World:
    """A world with one node, whose member founded the community."""
    key_seed = seed.to_bytes(8, "big") + bytes(24)
    founder = SigningKey.from_seed(key_from_seed_and_name(key_seed, "member"))
    charter = Charter(
        name,
        MemberId(founder.public),
        START_MS,
        key_from_seed_and_name(key_seed, "charter")[:16],
        credit_limit=credit_limit,
    )
    community, founding = charters.found(founder, charter)
    world = World(community, seed, links)
    node = world.add(founder)
    world.say(node, members.certify(founder, DeviceId(node.device.public), "desktop", world.millis()))
    world.say(node, founding)
    world.say(node, Profile("member 0"))
    return world


def join(world: World, host: Node, name: str = "") -> Node:
    """One member more, invited by `host`. Once the host hears of it, the admission follows by itself."""
    guest = world.add()
    seed = key_from_seed_and_name(guest.member.seed, "invitation")[:16]
    expires = (world.millis() + 7 * DAY_S * 1000) // 1000
    invitation = invitations.invite(host.device, world.community, seed, expires)
    device = DeviceId(guest.device.public)
    world.say(guest, members.certify(guest.member, device, "desktop", world.millis(guest)))
    world.say(guest, invitations.enter(guest.member, device, invitation))
    world.say(guest, Profile(name or f"member {guest.number}"))
    world.link(guest, host)
    return guest


def settle(world: World, seconds: float = 5) -> None:
    """Let what is under way arrive."""
    world.run(world.now + int(seconds * 1000) * NS_PER_MS)
