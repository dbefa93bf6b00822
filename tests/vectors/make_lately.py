"""The vectors of docs/spec/lately.md, one fault in each."""

from typing import Any, Final

from tests.vectors.make_protocol import HOUR, LISTING, PROFILE, RENEW, T0, Case, Said, Town, _case, _listing

AT: Final = T0 + HOUR
ENDS: Final = T0 + 24 * HOUR


def cases() -> dict[str, Case]:
    """Every vector: path below tests/vectors/ -> what the file holds."""
    made: dict[str, Case] = {}

    def add(name: str, comment: str, expect: Any, *shown: Said, now: int = AT) -> None:
        entries = [each.data for each in shown]
        about = {"community": town.community, "device": anna.id, "entries": entries, "now": now}
        made[f"lately/{name}.json"] = _case(comment, "lately", expect, **about)

    town = Town().found()
    anna, ben = town.anna, town.device("Ben")
    certificate = town.entries[0]
    profile = anna.say(PROFILE, {"name": "Anna"}, AT)
    listing = anna.say(LISTING, _listing(ends=ENDS), AT)
    renewed = anna.say(RENEW, {"ends": ENDS + HOUR}, AT, ref=listing)
    other = anna.say(LISTING, _listing(ends=ENDS), AT)
    add("shown", "One listing, and who offers it.", {"Anna": {listing.id: ENDS}}, certificate, profile, listing)
    add("renewed", "Renewed for an hour.", {"": {listing.id: ENDS + HOUR}}, certificate, listing, renewed)
    add("over", "Its day is over.", {}, certificate, listing, now=ENDS)
    add("no-certificate", "A listing first.", "what is shown of a log begins with its certificate", listing)
    what = "what is shown of a log is how its author is shown, and listings"
    add("something-else", "The founding.", what, certificate, town.entries[1], listing)
    add("renewal-of-nothing", "The renewal of another.", what, certificate, renewed, other)
    town = Town()
    anna = town.anna
    wrong = anna.certify(by=ben.member_seed)
    add("certificate-by-another", "Ben signed it.", "the device's certificate is not signed", wrong)
    return made
