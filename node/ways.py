"""Ways: how each neighbour was reached and how others reach us, in words, with what to do when nobody is."""

from collections.abc import Callable

from ruil.node.network.reach import How, Reach, Way
from ruil.protocol.book import Book
from ruil.protocol.ids import DeviceId, short

_HOW: dict[How, str] = {
    "asked": "at {}, where this node was told to look (an invitation, a backup or another device)",
    "bootstrap": "at {}, a bootstrap address of the settings",
    "book": "at {}, as their own signed record says",
    "found": "at {}, found on this network",
    "came": "from {}: they found this node",
}
_SHOWN_MAX = 5  # addresses in one sentence


def names(book: Book) -> Callable[[bytes], str]:
    """How devices are called here."""

    def name(device: bytes) -> str:
        known = DeviceId(device) in book.members.of_device
        return book.members.who(DeviceId(device)) if known else f"somebody not known here yet ({short(device)})"

    return name


def others(book: Book) -> int:
    """How many belong here beside us, as far as is known: a newcomer knows of one at least, who invited them."""
    known = len(book.members.all()) - 1
    return known if book.members.charter is not None else max(1, known)


def ways(reach: Reach, name: Callable[[bytes], str]) -> list[str]:
    """One line for each neighbour that is linked. `name`: of a device."""
    return sorted(_way(each, name) for each in reach.ways)


def _way(way: Way, name: Callable[[bytes], str]) -> str:
    if way.relay is not None:
        return f"{name(way.neighbour)}: through the relay of {name(way.relay)}"
    return f"{name(way.neighbour)}: {_HOW[way.how].format(way.address)}"


def reached_by_others(reach: Reach, name: Callable[[bytes], str]) -> str:
    """How others reach this node, in a sentence or two."""
    said = []
    if reach.reached_from_outside:
        said.append("Others reach this node from outside.")
    elif reach.relays:
        relays = " and ".join(sorted(name(each) for each in reach.relays))
        said.append(f"Who can not reach this node directly comes through the relay of {relays}.")
    elif any(way.how == "came" for way in reach.ways):
        said.append("Others on this network reach this node. Nobody came from outside since it started.")
    else:
        others = "; it reaches others" if reach.ways else ""
        said.append(f"Nobody has reached this node since it started{others}.")
    if reach.relaying:
        count, size = reach.circuits, reach.carried_bytes / 1e6
        said.append(f"It relays for others: {count} {'link' if count == 1 else 'links'} now, {size:.1f} MB so far.")
    return " ".join(said)


def advice(reach: Reach, others: int) -> str:
    """What would make finding and reaching better; empty when there is nothing to do. `others`: members beside us that
    are known of."""
    if not reach.up:
        return "Wait: the network is not up yet."
    if not reach.ways:
        tried = [at for at, _ in reach.tried]
        if not tried and not others:
            return "Nobody else is here yet. Invite a neighbour with: ruil invite new"
        if not tried:
            return (
                "Nobody was found on this network, and this node knows no address to try. Ask a neighbour for a new "
                "invitation while their node runs: it carries their address. Or put one in bootstrap in config.toml."
            )
        shown = ", ".join(tried[:_SHOWN_MAX]) + (
            f" and {len(tried) - _SHOWN_MAX} more" if len(tried) > _SHOWN_MAX else ""
        )
        return (
            f"Nobody answers at {shown}. Is this computer online, and is a neighbour's? If they moved, ask for a new "
            "invitation, or put their address in bootstrap in config.toml."
        )
    if not (reach.reached_from_outside or reach.relays or reach.relaying):
        return (
            f"Port {reach.port} was not reached from outside. Who is not on this network needs a relay to reach you: "
            "ask a neighbour who is reached from outside to set relay = true in config.toml, or forward the port on "
            "your router and name its address in announce."
        )
    return ""
