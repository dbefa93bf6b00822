"""Vectors of conduct: who was silent, who did not confirm, and what they say to it."""

from tests.vectors.make_protocol import ACCEPT, CLOSE, DAY, DECLINE, DELIVER, HOUR, T0, Case, Trade

REPLY = 47


def cases() -> dict[str, Case]:
    """Every vector: path below tests/vectors/ -> what the file holds."""
    made: dict[str, Case] = {}
    over = T0 + 9 * DAY

    def add(name: str, comment: str, trade: Trade, **facts: object) -> None:
        made[f"conduct/{name}.json"] = trade.book(comment, **facts)

    def bound() -> Trade:
        trade = Trade()
        yes = trade.say(trade.anna, ACCEPT, T0 + HOUR)
        trade.say(trade.ben, CLOSE, T0 + 2 * HOUR, answers=[yes.id])
        return trade

    def counts(trade: Trade, anna: list[int], ben: list[int]) -> dict[bytes, list[int]]:
        return {trade.anna.member: anna, trade.ben.member: ben}

    # Each: answered, silent, kept, broken, unconfirmed.
    trade = Trade()
    made_ = counts(trade, [0, 1, 0, 0, 0], [0, 0, 0, 0, 0])
    add("silent", "Anna was asked and did not answer. Ben asked, and was not.", trade, conduct=made_)

    trade = Trade()
    trade.say(trade.anna, DECLINE, T0 + HOUR)
    add("declined", "A no is an answer.", trade, conduct=counts(trade, [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]))

    trade = bound()
    trade.hand_over(trade.anna, trade.ben, 0, 2, T0 + DAY, 2)
    trade.hand_over(trade.ben, trade.anna, 1, 60, T0 + 2 * DAY, 60)
    add("kept", "Both gave all.", trade, conduct=counts(trade, [1, 0, 1, 0, 0], [0, 0, 1, 0, 0]))

    trade = bound()
    trade.hand_over(trade.anna, trade.ben, 0, 2, T0 + DAY, 2)
    add("broken", "Ben never paid.", trade, conduct=counts(trade, [1, 0, 0, 0, 0], [0, 0, 0, 1, 0]))

    trade = bound()
    trade.say(trade.anna, DELIVER, T0 + DAY, commitment=0, quantity=2)
    facts = counts(trade, [1, 0, 0, 0, 0], [0, 0, 0, 1, 1])
    add("unconfirmed", "Anna says that she gave; Ben confirmed nothing and paid nothing.", trade, conduct=facts)
    trade.say(trade.ben, REPLY, over, text="Nobody was at the door.")
    add("replied", "What Ben says to it stands beside it.", trade, conduct=facts,
        replies={trade.ben.member: "Nobody was at the door."})  # fmt: skip
    trade.say(trade.ben, REPLY, over + 1, text="I was ill.")
    add("replied-again", "The last word counts.", trade, replies={trade.ben.member: "I was ill."})

    trade = bound()
    trade.say(trade.ben, REPLY, T0 + DAY, text="Soon.")
    add("replied-too-early", "It has not ended.", trade, replies={})

    trade = bound()
    carla = trade.town.join("Carla")
    trade.say(carla, REPLY, over, text="I knew it.")
    add("replied-by-a-stranger", "Carla is no party.", trade, replies={})
    return made
