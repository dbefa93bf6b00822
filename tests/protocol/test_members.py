"""Members and devices: invitations that survive a phone call, and who lets whom in."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruil.protocol import invitations, members
from ruil.protocol.bodies import Profile
from ruil.protocol.book import Book
from ruil.protocol.charters import Charter, open_charter
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.ids import MemberId, Millis
from ruil.protocol.invitations import open_invitation
from ruil.protocol.limits import DAY, INVITATION_CHARS_MAX
from ruil.protocol.log import Log, prove_fork
from ruil.protocol.members import Standing
from tests.protocol.actors import T0, Device, Village, admits, key, later, read

LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
INVITATION = Village().invitation(Village().founder)


def standings(village: Village, *devices: Device) -> list[Standing]:
    everybody = village.book(village.founder, *devices).members.all()
    return [everybody[device.member].standing for device in devices]


# Invitations


def test_an_invitation_fits_a_short_message() -> None:
    assert len(INVITATION.text) <= INVITATION_CHARS_MAX
    assert set(INVITATION.text) <= set(LETTERS)
    assert open_invitation(INVITATION.text) == INVITATION


@given(st.integers(0, len(INVITATION.text) - 1), st.sampled_from(LETTERS))
def test_one_mistyped_letter_is_noticed(place: int, letter: str) -> None:
    text = INVITATION.text
    typed = text[:place] + letter + text[place + 1 :]
    if typed == text:
        return

    try:
        opened = open_invitation(typed)
    except Refused:
        return

    # The last letter carries bits that mean nothing; everything that does is as it was.
    assert opened == INVITATION
    assert place == len(text) - 1


@given(st.text(max_size=300))
def test_what_is_no_invitation_is_refused_kindly(text: str) -> None:
    with pytest.raises(Refused, match="invitation"):
        open_invitation(text)


def test_spaces_line_breaks_and_capitals_do_no_harm() -> None:
    text = INVITATION.text.upper()

    typed = "  " + text[:50] + " \n" + text[50:] + "\n"

    assert open_invitation(typed) == INVITATION


def test_addresses_stand_beside_the_token() -> None:
    village = Village()
    made = invitations.invite(
        village.founder.key, village.community, bytes(16), 2_000_000_000, ["/ip4/10.0.0.1/tcp/4001"]
    )

    opened = open_invitation(made.text)

    assert opened.addresses == ("/ip4/10.0.0.1/tcp/4001",)
    assert opened == made


def test_a_later_version_says_update() -> None:
    text = "a" + "e" + INVITATION.text[2:]

    with pytest.raises(Refused, match=r"version|damaged"):
        open_invitation(text)


# Entering


def test_the_founder_founds_by_the_charter() -> None:
    village = Village()

    everybody = village.book(village.founder).members

    assert everybody.charter is not None
    assert everybody.charter.name == "Elm Street"
    assert everybody.all()[village.founder.member].standing is Standing.FOUNDER


def test_a_newcomer_is_provisional_until_let_in() -> None:
    village = Village()
    ben = village.enters(village.founder, "ben")
    assert standings(village, ben) == [Standing.PROVISIONAL]

    admits(village.founder, ben)

    assert standings(village, ben) == [Standing.ADMITTED]


def test_a_device_without_an_invitation_is_unknown() -> None:
    village = Village()

    assert standings(village, village.device("stranger")) == [Standing.UNKNOWN]


def test_members_let_members_in() -> None:
    village = Village()
    ben = village.joins(village.founder, "ben")
    carla = village.joins(ben, "carla")

    known = village.book(carla, ben, village.founder).members.all()

    assert standings(village, ben, carla) == [Standing.ADMITTED, Standing.ADMITTED]
    assert known[carla.member].inviter == ben.member
    assert known[ben.member].inviter == village.founder.member


def test_a_guest_of_a_provisional_member_is_unknown() -> None:
    village = Village()
    ben = village.enters(village.founder, "ben")
    carla = village.joins(ben, "carla")

    assert standings(village, ben, carla) == [Standing.PROVISIONAL, Standing.UNKNOWN]


def test_where_only_the_founder_invites_nobody_else_does() -> None:
    village = Village(invites="founder")
    ben = village.joins(village.founder, "ben")
    carla = village.joins(ben, "carla")

    assert standings(village, ben, carla) == [Standing.ADMITTED, Standing.UNKNOWN]


@pytest.mark.parametrize("reverse", [False, True])
def test_an_invitation_used_twice_lets_in_whom_the_inviter_admits_first(reverse: bool) -> None:
    village = Village()
    once = village.invitation(village.founder)
    ben, dora = (village.enters(village.founder, name, invitation=once) for name in ("ben", "dora"))

    for guest in (dora, ben) if reverse else (ben, dora):
        admits(village.founder, guest)

    expected = [Standing.ADMITTED, Standing.UNKNOWN]
    assert standings(village, ben, dora) == (expected[::-1] if reverse else expected)


def test_an_expired_invitation_is_refused() -> None:
    village = Village()
    old = village.invitation(village.founder, expires=later(DAY))
    ben = village.enters(village.founder, "ben", invitation=old, at=later(2 * DAY))

    with pytest.raises(Rejected, match="had expired"):
        village.book(ben)


def test_somebody_elses_invitation_does_not_help() -> None:
    # Carla saw Ben's entrance and copies it, but she does not hold the token.
    village = Village()
    ben = village.enters(village.founder, "ben")
    carla = village.device("carla")
    copied = ben.entries[1].body
    assert copied is not None
    carla.say(copied)

    with pytest.raises(Rejected, match="not held by who used it"):
        village.book(carla)


def test_an_invitation_to_another_community_does_not_help() -> None:
    elsewhere, village = Village("zoe"), Village()
    ben = village.enters(village.founder, "ben", invitation=elsewhere.invitation(elsewhere.founder))

    with pytest.raises(Rejected, match="for another community"):
        village.book(ben)


# Charters, certificates


@given(st.binary(max_size=120))
def test_no_bytes_crash_the_reader_of_charters(data: bytes) -> None:
    with pytest.raises(Rejected):
        open_charter(data)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"name": " "}, "name has between 1 and 60"),
        ({"name": "x" * 61}, "name has between 1 and 60"),
        ({"unit": ""}, "unit has between"),
        ({"credit_limit": -1}, "credit limit is between"),
        ({"parts": 0}, "between 1 and 10000 parts"),
        ({"nonce": b"short"}, "nonce of 16"),
    ],
)
def test_a_charter_that_makes_no_sense_is_refused(change: dict[str, object], why: str) -> None:
    fields = {"name": "Elm Street", "founder": bytes(32), "founded_at": T0, "nonce": bytes(16), **change}

    with pytest.raises(Refused, match=why):
        Charter(**fields)  # type: ignore[arg-type]


def test_a_charter_by_somebody_else_founds_nothing() -> None:
    village = Village()
    founding = village.founder.entries[1].body
    assert founding is not None
    ben = village.device("ben")
    ben.say(founding)

    with pytest.raises(Rejected, match="not signed by the founder"):
        village.book(ben)


def test_a_log_begins_with_a_certificate_and_holds_no_other() -> None:
    village = Village()
    ben = village.device("ben")
    ben.say(members.certify(ben.owner, ben.id, "again", T0))

    with pytest.raises(Rejected, match="begins with its device's certificate, and holds no other"):
        village.book(ben)


def test_a_certificate_needs_the_members_own_signature() -> None:
    village = Village()
    ben = village.device("ben")
    forged = members.certify(key("somebody else"), ben.id, "desktop", T0)
    entry = village.device("mallory").twin()
    entry.log = type(entry.log)(entry.id)
    wrong = entry.sign(forged)

    with pytest.raises(Rejected, match="not signed by the member"):
        read(village.book(), wrong)


def test_the_latest_profile_counts_whichever_device_said_it() -> None:
    village = Village()
    phone = village.device("anna", "phone")
    village.founder.say(Profile("Anna at home"), at=later(1))
    phone.say(Profile("Anna on the road"), at=later(2))

    for order in ((village.founder, phone), (phone, village.founder)):
        assert village.book(*order).members.name(village.founder.member) == "Anna on the road"


def test_ids_are_shown_before_a_profile_is_known() -> None:
    village = Village()
    nobody = MemberId(bytes(32))

    assert village.book(village.founder).members.name(nobody) == "00000000"
    assert Millis(T0) == T0


# Behind a cut


@settings(deadline=None)
@given(
    owners=st.lists(st.sampled_from(("anna", "ben", "zoe")), min_size=2, max_size=5),
    host=st.integers(0, 9),
    profiles=st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.integers(0, 3)), max_size=6),
    cuts=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=4),
)
def test_what_is_behind_a_cut_is_as_if_it_had_never_been_read(
    owners: list[str], host: int, profiles: list[tuple[int, bool, int]], cuts: list[tuple[int, int]]
) -> None:
    village = Village()
    ben = village.joins(village.founder, "ben")
    devices = [village.founder, ben, *(village.device(who, str(number)) for number, who in enumerate(owners))]
    devices.append(village.joins(devices[host % len(devices)], "carl"))
    for number, (who, organisation, at) in enumerate(profiles):
        speaker = devices[who % len(devices)]
        speaker.say(Profile(f"name {number}", organisation=organisation), at=Millis(max(speaker.log.at, later(at))))
    proofs = []
    for who, seq in cuts:
        forked = devices[1:][who % (len(devices) - 1)]
        place = seq % len(forked.entries)
        proofs.append(prove_fork(forked.entries[place], _rival(forked, place)))

    after, never = village.book(*devices), Book(village.community)
    for proof in proofs:
        after.freeze(proof)
        never.freeze(proof)
    for _ in range(2):  # an answer may come before what it answers
        for device in devices:
            for entry in device.entries:
                never.apply(entry)

    assert after.digest() == never.digest()
    assert after.members.all() == never.members.all()
    assert after.members.of_device == never.members.of_device


def _rival(device: Device, seq: int) -> Entry:
    """Another entry of the device at that place."""
    said = device.entries[seq]
    twin = Device(device.key, device.owner, device.community, Log(device.id))
    for entry in device.entries[:seq]:
        twin.log.append(entry)
    body = members.certify(device.owner, device.id, "elsewhere", T0) if seq == 0 else Profile("elsewhere")
    return twin.sign(body, at=said.at)


def test_a_device_more_makes_nobody_walk_along_all_invitations(monkeypatch: pytest.MonkeyPatch) -> None:
    village = Village()
    book = village.book(village.founder)
    book.members.all()
    walked: list[int] = []
    monkeypatch.setattr(members.Members, "_walk", lambda *_: walked.append(1))

    for number in range(3):
        device = village.device("anna", f"one more {number}")
        read(book, *device.entries, device.say(Profile(f"Anna {number}")))
        assert len(book.members.all()) == 1

    assert walked == []
