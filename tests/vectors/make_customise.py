"""Vectors of customised things: each wish is received by itself."""

from tests.vectors.make_protocol import ACCEPT, CLOSE, DAY, HOUR, T0, Case, Trade, _promise

DUE = T0 + 5 * DAY


def cases() -> dict[str, Case]:
    """Every vector: path below tests/vectors/ -> what the file holds."""
    made: dict[str, Case] = {}
    for name, wishes, state in (("customised", 2, "completed"), ("customised-in-part", 1, "lapsed")):
        plain = Trade()
        anna, ben = plain.anna.member, plain.ben.member
        wished = [_promise(anna, ben, 1, what=what, unit="option", due=DUE) for what in ("long", "blue buttons")]
        paid = _promise(ben, anna, 130, what="credit", unit="credit", due=DUE)
        trade = Trade(_promise(anna, ben, 1, what="shirt", unit="piece", due=DUE), *wished, paid)
        yes = trade.say(trade.anna, ACCEPT, T0 + HOUR)
        trade.say(trade.ben, CLOSE, T0 + 2 * HOUR, answers=[yes.id])
        for index in range(1 + wishes):
            trade.hand_over(trade.anna, trade.ben, index, 1, T0 + DAY + index * HOUR, 1)
        trade.hand_over(trade.ben, trade.anna, 3, 130, T0 + 2 * DAY, 130)
        comment = "A shirt with two wishes." if wishes == 2 else "The buttons were not blue."
        received = [1, 1, int(wishes == 2), 130]
        made[f"agreements/{name}.json"] = trade.book(comment, (T0 + 30 * DAY, state), received=received)
    return made
