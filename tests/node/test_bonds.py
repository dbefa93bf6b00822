"""Bonds: with whom we traded well, and who lives near, is dialled before others; whom we are wary of is not."""

from ruil.node.bonds import bonds
from ruil.node.network import Bond
from ruil.protocol.bodies import Block, Profile
from ruil.protocol.peer import Peer
from tests.protocol.actors import later
from tests.protocol.test_attestations import Trade

HERE, THERE = 0x861F1D48FFFFFFF, 0x861F1D497FFFFFF


def as_anna_sees(trade: Trade) -> dict[str, Bond]:
    peer = Peer(trade.anna.community, trade.anna.key, b"epoch 01", book=trade.book)
    names = {trade.anna.id: "anna", trade.ben.id: "ben", trade.carla.id: "carla"}
    return {names[device]: bond for device, bond in bonds(peer).items()}  # type: ignore[index]


def test_whoever_ended_a_trade_with_us_that_both_kept_is_trusted_and_our_own_devices_are() -> None:
    assert as_anna_sees(Trade()) == {"anna": Bond.TRUSTED, "ben": Bond.TRUSTED}
    assert as_anna_sees(Trade(finished=False)) == {"anna": Bond.TRUSTED}


def test_whoever_lives_in_our_cell_is_near() -> None:
    trade = Trade(finished=False)
    trade.anna.say(Profile("Anna", cell=HERE), at=later(20))
    trade.ben.say(Profile("Ben", cell=THERE), at=later(20))
    trade.carla.say(Profile("Carla", cell=HERE), at=later(20))

    assert as_anna_sees(trade) == {"anna": Bond.TRUSTED, "carla": Bond.NEAR}


def test_whom_we_rated_badly_or_hide_is_left_to_chance_however_near() -> None:
    trade = Trade()
    by_ben, by_anna = trade.rates(trade.ben, trade.anna), trade.rates(trade.anna, trade.ben, good=False)
    trade.opens(trade.ben, by_ben)
    trade.opens(trade.anna, by_anna, good=False)
    for device in (trade.anna, trade.carla):
        device.say(Profile("Somebody", cell=HERE), at=later(2 * 86_400_000))
    trade.anna.say(Block(trade.carla.member, "rude"), at=later(2 * 86_400_000))

    assert as_anna_sees(trade) == {"anna": Bond.TRUSTED}


def test_who_is_no_member_yet_has_no_bonds() -> None:
    trade = Trade()

    assert bonds(Peer(trade.anna.community, trade.anna.key, b"epoch 01")) == {}
