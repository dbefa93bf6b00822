"""The vectors of docs/spec/blocks.md, one fault in each."""

from typing import Any, Final

from tests.vectors.make_protocol import HOUR, LISTING, T0, Case, Device, Town, _bytes, _case, _listing, _pack

BLOCK, FOLLOW = 8, 9
AT: Final = T0 + HOUR


def cases() -> dict[str, Case]:
    """Every vector: path below tests/vectors/ -> what the file holds."""
    made: dict[str, Case] = {}

    def add(name: str, street: "Street", comment: str, hidden: list[Device], **facts: Any) -> None:
        """From whom is hidden from Anna, in the order of keys."""
        seen = {street.anna.member: sorted(each.member for each in hidden)}
        made[f"blocks/{name}.json"] = street.town.book(comment, hidden=seen, **facts)

    street = Street()
    street.block(street.anna, street.carla)
    add("blocked", street, "Anna blocks Carla.", [street.carla])
    street.block(street.anna, street.carla, AT + 1, lifted=True)
    add("lifted", street, "And no more.", [])
    street = Street()
    phone = street.town.device("Anna's phone", of=street.anna)
    phone.certify()
    phone.say(BLOCK, {"member": street.carla.member, "reason": "again"}, AT + 2)
    street.block(street.anna, street.carla, AT + 1, lifted=True)
    add("last-word", street, "Her phone said it a millisecond later.", [street.carla])
    street = Street()
    street.block(street.anna, street.anna)
    add("oneself", street, "Nobody hides themselves.", [])

    street = Street()
    street.block(street.ben, street.carla)
    street.anna.say(FOLLOW, {"member": street.ben.member}, AT)
    add("followed", street, "Ben blocks Carla, and Anna follows his list.", [street.carla])
    street.anna.say(FOLLOW, {"member": street.ben.member, "follows": False}, AT + 1)
    add("followed-no-more", street, "And no more.", [])

    ben = Town().device("Ben").member
    street = Street(lists=[ben])
    street.block(street.ben, street.carla)
    add("charter-list", street, "The charter names Ben's list.", [street.carla])
    street.anna.say(FOLLOW, {"member": street.ben.member, "follows": False}, AT + 1)
    add("charter-list-refused", street, "Anna says no to it, for herself.", [])

    street = Street()
    guest = street.town.device("Emil")
    guest.certify()
    guest.enter(street.anna.invite("Emil"))
    street.block(guest, street.carla)
    street.anna.say(FOLLOW, {"member": guest.member}, AT)
    add("list-of-a-guest", street, "Nobody has let Emil in: his list counts for nobody.", [])

    street = Street()
    street.block(street.anna, street.carla)
    said = street.carla.say(LISTING, _listing(), AT + 1)
    add(
        "counts-nothing-away", street, "What Carla offers is a fact like any other.", [street.carla],
        left={said.id: [[AT + 2, 4]]},
    )  # fmt: skip
    made["blocks/without-a-reason.json"] = _case(
        "Blanks are no reason.", "body", "not a Block: a block needs its reason", kind=BLOCK,
        payload=_pack({"member": _bytes("carla"), "reason": "  "}),
    )  # fmt: skip
    return made


class Street:
    """Anna founded the town; Ben and Carla belong."""

    def __init__(self, **charter: Any) -> None:
        self.town = Town(**charter).found()
        self.anna = self.town.anna
        self.ben, self.carla = self.town.join("Ben"), self.town.join("Carla")

    def block(self, by: Device, whom: Device, at: int = AT, **said: Any) -> None:
        by.say(BLOCK, {"member": whom.member, **(said or {"reason": "he never came"})}, at)
