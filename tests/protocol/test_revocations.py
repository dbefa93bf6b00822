"""Revocations: a member's word about a device of theirs counts wherever it is read."""

from itertools import permutations

import pytest

from ruil.protocol import codec
from ruil.protocol.bodies import Profile, Revoke
from ruil.protocol.errors import Rejected
from ruil.protocol.limits import SEQ_MAX
from ruil.protocol.log import Place, prove_fork
from ruil.protocol.revocations import open_proof, revocation, revoke
from tests.protocol.actors import Village, key, later, read


def test_a_revoked_device_keeps_only_what_it_said_before() -> None:
    village = Village()
    phone = village.device("anna", "phone")
    phone.say(Profile("Anna"), at=later(1))
    phone.say(Profile("Thief"), at=later(2))
    village.founder.say(revoke(village.founder.owner, village.community, phone.id, 2), at=later(3))

    for order in ((village.founder, phone), (phone, village.founder)):
        book = village.book(*order)
        assert book.logs[phone.id].size == 2
        assert book.members.name(village.founder.member) == "Anna"
        assert book.revoked(phone.id)


def test_two_devices_that_revoke_each_other_are_both_revoked_for_everybody() -> None:
    village = Village()
    anna, phone = village.founder, village.device("anna", "phone")
    anna.say(revoke(anna.owner, village.community, phone.id, 1))
    phone.say(revoke(anna.owner, village.community, anna.id, 2))

    books = [village.book(*order) for order in permutations((anna, phone))]

    assert len({book.digest() for book in books}) == 1
    assert [(book.logs[anna.id].size, book.logs[phone.id].size) for book in books] == [(2, 1), (2, 1)]


def test_a_revocation_behind_a_forks_cut_still_counts() -> None:
    village = Village()
    anna, phone = village.founder, village.device("anna", "phone")
    twin = anna.twin()
    phone.say(Profile("Thief"))
    proof = prove_fork(anna.say(Profile("Anna")), twin.say(Profile("Ann")))
    anna.say(revoke(anna.owner, village.community, phone.id, 1))
    before = village.book(anna, phone)
    before.freeze(proof)

    after = village.book()
    after.freeze(proof)
    for entry in (*phone.entries, *anna.entries):
        after.apply(entry)

    assert after.revoked(phone.id)
    assert after.digest() == before.digest()


def test_a_revocation_in_an_entry_that_can_not_stand_counts() -> None:
    village = Village()
    anna, phone = village.founder, village.device("anna", "phone")
    book = village.book(anna, phone)
    backwards = anna.sign(revoke(anna.owner, village.community, phone.id, 1), at=later(-1))

    with pytest.raises(Rejected, match="time goes back"):
        book.apply(backwards)

    assert book.revoked(phone.id)


def test_a_device_can_be_revoked_in_its_own_log() -> None:
    village = Village()
    anna = village.founder
    anna.say(Profile("Anna"))
    word = anna.say(revoke(anna.owner, village.community, anna.id, 2))

    book = village.book()

    assert [book.apply(entry).place for entry in anna.entries[:3]] == [Place.NEXT] * 3
    assert book.apply(word).place is Place.FROZEN
    assert book.logs[anna.id].size == 2


def test_a_revocation_by_itself_is_enough_before_or_after_the_log() -> None:
    village = Village()
    phone = village.device("anna", "phone")
    phone.say(Profile("Thief"))
    alone = revocation(village.community, revoke(village.founder.owner, village.community, phone.id, 1))
    early, late = village.book(), village.book(phone)

    assert early.freeze(alone)
    read(early, *phone.entries)
    assert late.freeze(alone)

    assert early.digest() == late.digest()
    assert not late.freeze(open_proof(alone.data))


def test_the_smallest_number_of_kept_entries_counts() -> None:
    village = Village()
    anna, phone = village.founder, village.device("anna", "phone")
    while phone.log.size < 5:
        phone.say(Profile(f"Anna {phone.log.size}"))

    for kept in (4, 2, 3):
        anna.say(revoke(anna.owner, village.community, phone.id, kept))

    assert village.book(phone, anna).logs[phone.id].size == 2
    assert village.book(anna, phone).logs[phone.id].size == 2


def test_only_the_member_can_revoke_their_device() -> None:
    village = Village()
    ben = village.joins(village.founder, "ben")
    ben.say(Revoke(village.founder.member, village.founder.id, 1, bytes(64)))

    with pytest.raises(Rejected, match="revocation is not signed by the member"):
        village.book(village.founder, ben)


def test_revoking_somebody_elses_device_changes_nothing_and_is_not_kept() -> None:
    village = Village()
    ben = village.joins(village.founder, "ben")
    ben.say(revoke(ben.owner, village.community, village.founder.id, 1))

    for order in ((village.founder, ben), (ben, village.founder)):
        book = village.book(*order)
        assert book.logs[village.founder.id].size == village.founder.log.size
        assert book.proofs() == []


def test_a_revocation_is_for_one_community() -> None:
    elm, oak = Village("anna"), Village("anna", credit_limit=1)
    phone = oak.device("anna", "phone")
    word = revoke(elm.founder.owner, elm.community, phone.id, 1)

    with pytest.raises(Rejected, match="another community"):
        oak.book(phone).freeze(revocation(elm.community, word))
    with pytest.raises(Rejected, match="not signed"):
        revocation(oak.community, word)


def test_a_proof_is_the_same_after_a_journey() -> None:
    village = Village()
    made = revocation(village.community, revoke(village.founder.owner, village.community, village.founder.id, 7))

    assert open_proof(made.data) == made


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"version": 2}, "a revocation of version 2"),
        ({"community": b"short"}, "a revocation names its community"),
        ({"kept": 0}, "not a Revoke: kept is 0"),
        ({"kept": SEQ_MAX + 1}, f"not a Revoke: kept is {SEQ_MAX + 1}"),
        ({"kept": 2}, "the revocation is not signed"),
        ({"device": bytes(31)}, "not a Revoke: device has 31 bytes"),
        ({"member": key("zoe").public}, "the revocation is not signed"),
        ({"more": 1}, "a revocation has a field"),
    ],
)
def test_a_changed_revocation_proves_nothing(change: dict[str, object], why: str) -> None:
    village = Village()
    word = revoke(village.founder.owner, village.community, village.founder.id, 1)
    fields = codec.decode(revocation(village.community, word).data)

    with pytest.raises(Rejected, match=why):
        open_proof(codec.encode({**fields, **change}))
