"""Calls: members who belonged here before vote, each once, and a reward is split by the votes that the close names."""

import pytest
from msgspec.structs import replace

from ruil.protocol.agreement import Agreement, State
from ruil.protocol.bodies import Accept, Close, Deliver, Join, Propose, Receive, Term, Vote
from ruil.protocol.book import Book
from ruil.protocol.drafts import check
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Refused
from ruil.protocol.ids import EntryId, Position
from ruil.protocol.joins import seats
from ruil.protocol.limits import DAY, HOUR
from ruil.protocol.log import ForkProof, Log, prove_fork
from ruil.protocol.record import Record
from ruil.protocol.shapes.call import call
from tests.protocol.actors import Device, Village, admits, at, later, read, seat

OPENED = 2 * HOUR


class Asked:
    """Anna asked for a name; Ben and Carla sent one in; Dora and Emil, and whoever else belongs here, vote."""

    def __init__(self, reward: int = 120) -> None:
        self.village = Village("anna")
        self.anna = self.village.founder
        self.ben, self.carla, self.dora, self.emil = (
            self.village.joins(self.anna, name) for name in ("ben", "carla", "dora", "emil")
        )
        asked = call(self.anna.member, "a name for the garden", reward, later(9 * DAY), later(DAY))
        self.call = self.anna.say(asked, at=later(OPENED))
        self.bens = self.ben.say(Join(0, text="Sunny Side"), self.call, at=later(OPENED + 1))
        self.carlas = self.carla.say(Join(0, text="Elm Patch"), self.call, at=later(OPENED + 2))
        self.others: list[Device] = []

    def vote(self, voter: Device, idea: Entry, *, at: int = OPENED + HOUR) -> Entry:
        return voter.say(Vote(EntryId(idea.id)), self.call, at=later(at))

    def close(self, *votes: Entry, at: int = DAY) -> Entry:
        """Ben and Carla are in, with these votes for what they sent in; one for something else goes to Carla."""
        bens = [each for each in votes if isinstance(each.body, Vote) and each.body.join == self.bens.id]
        carlas = [each for each in votes if each not in bens]
        inside = seat(self.ben, self.bens, *bens), seat(self.carla, self.carlas, *carlas)
        return self.anna.say(Close(seats=inside), self.call, at=later(at))

    @property
    def people(self) -> list[Device]:
        return [self.anna, self.ben, self.carla, self.dora, self.emil, *self.others]

    def book(self) -> Book:
        return self.village.book(*self.people)

    def rewards(self, book: Book | None = None) -> list[int]:
        """What Ben and what Carla get; the same in a Book that read everything the other way round."""
        book = book or self.book()
        back = read(Book(book.community), *reversed([entry for each in self.people for entry in each.entries]))
        assert self.book().digest() == back.digest()
        assert known(back, self.call).commitments == known(book, self.call).commitments
        return self.rewards_in(book)

    def rewards_in(self, book: Book) -> list[int]:
        """What Ben and what Carla get by this Book."""
        shares = {each.receiver: each.quantity for each in known(book, self.call).commitments if each.unit == "credit"}
        return [shares.get(each.member, 0) for each in (self.ben, self.carla)]


def known(book: Book, entry: Entry) -> Agreement:
    found = book.agreements.get(entry.id)
    assert found is not None
    return found


def counted(agreement: Agreement) -> list[Position]:
    """The votes an honest proposer closes on."""
    return [vote for each in seats(agreement, agreement.joins.values()) for vote in each.votes]


def why(asked: Asked, said: Entry) -> str:
    return known(asked.book(), asked.call).out_of_turn[said.id]


def test_each_gets_their_share_of_the_votes_to_the_last_part() -> None:
    asked = Asked(reward=100)
    votes = [
        asked.vote(asked.dora, asked.bens),
        asked.vote(asked.emil, asked.bens),
        asked.vote(asked.anna, asked.carlas),
    ]

    asked.close(*votes)

    assert asked.rewards() == [67, 33]


def test_a_vote_the_close_does_not_name_is_not_counted() -> None:
    asked = Asked()
    counted, left_out = asked.vote(asked.dora, asked.bens), asked.vote(asked.emil, asked.carlas)

    asked.close(counted)

    assert asked.rewards() == [120, 0]
    assert left_out.id in known(asked.book(), asked.call).votes  # everybody can see that it was left out


def test_a_vote_that_is_backdated_after_the_close_changes_nothing() -> None:
    asked = Asked()
    asked.close(asked.vote(asked.dora, asked.bens))
    before = asked.book()

    late = asked.vote(asked.emil, asked.carlas, at=OPENED + 3)

    assert asked.rewards() == asked.rewards(before) == [120, 0]
    assert known(asked.book(), asked.call).commitments == known(before, asked.call).commitments
    assert counted(known(before, asked.call)) == [at(asked.dora.entries[-1])]
    assert late.id in known(asked.book(), asked.call).votes


def test_a_close_that_counts_somebody_twice_binds_nobody() -> None:
    asked = Asked()
    votes = asked.vote(asked.dora, asked.bens), asked.vote(asked.dora, asked.carlas)

    twice = asked.close(*votes)
    same = asked.close(votes[0], votes[0])

    assert why(asked, twice) == why(asked, same) == "the close counts somebody's vote twice"
    assert known(asked.book(), asked.call).state is State.PROPOSED


def test_of_two_devices_of_one_voter_one_vote_counts() -> None:
    asked = Asked()
    phone = asked.village.device("dora", "phone")
    asked.others.append(phone)
    votes = asked.vote(asked.dora, asked.bens), asked.vote(phone, asked.carlas, at=OPENED + 2 * HOUR)

    both = asked.close(*votes)

    assert why(asked, both) == "the close counts somebody's vote twice"
    agreement = known(asked.book(), asked.call)
    assert counted(agreement) == [at(votes[1])]


def test_a_provisional_voter_counts_once_it_is_read_that_they_were_let_in_before() -> None:
    asked = Asked()
    fay = asked.village.enters(asked.emil, "fay")
    admits(asked.emil, fay)
    vote = asked.vote(fay, asked.carlas)
    asked.close(vote)
    book = asked.village.book(asked.anna, asked.ben, asked.carla, asked.dora, fay)
    assert known(book, asked.call).out_of_turn[vote.id] == "only who belonged here before it was opened can vote on it"
    assert known(book, asked.call).state is State.PROPOSED

    read(book, *asked.emil.entries)

    asked.others.append(fay)
    assert known(book, asked.call).state is State.AGREED
    assert asked.rewards(book) == [0, 120]


def test_who_was_let_in_after_it_was_opened_has_no_vote_though_they_entered_before() -> None:
    asked = Asked()
    fay = asked.village.enters(asked.anna, "fay")
    asked.others.append(fay)
    asked.vote(asked.anna, asked.bens)
    admits(asked.anna, fay)

    vote = asked.vote(fay, asked.bens)

    assert why(asked, vote) == "only who belonged here before it was opened can vote on it"


def test_a_vote_after_the_time_to_answer_does_not_count() -> None:
    asked = Asked()

    late = asked.vote(asked.dora, asked.bens, at=DAY + 1)

    assert why(asked, late).startswith("votes were counted until")


def test_where_there_is_nothing_to_vote_on_no_vote_counts() -> None:
    asked = Asked()
    assert isinstance(asked.call.body, Propose)
    (slot,) = asked.call.body.slots
    without = replace(asked.call.body, slots=(replace(slot, terms=slot.terms[:1]),))
    plain = asked.anna.say(without, at=later(OPENED + HOUR))

    vote = asked.dora.say(Vote(EntryId(asked.bens.id)), plain, at=later(OPENED + HOUR))

    assert known(asked.book(), plain).out_of_turn[vote.id] == "there is nothing to vote on"


def test_a_vote_for_what_is_not_in_can_not_be_counted() -> None:
    asked = Asked()
    stray = asked.vote(asked.dora, asked.call)

    close = asked.close(stray)

    assert why(asked, close) == "the close counts a vote for another join than it was cast for"


def test_a_vote_for_what_nobody_sent_in_is_refused_to_who_would_say_it() -> None:
    asked = Asked()
    book = asked.book()
    body = Vote(EntryId(bytes(32)))
    dora, at = asked.dora, later(OPENED + HOUR)
    draft = Record(EntryId(bytes(32)), dora.id, dora.log.size, at, dora.member, asked.call.id, body)

    with pytest.raises(Refused, match="nobody joined with that"):
        check(book, draft, at)


def forked(device: Device, entry: Entry) -> ForkProof:
    """The proof that a device said something else at the place of one of its entries."""
    other = Device(device.key, device.owner, entry.community, Log(device.id))
    for each in device.entries[: entry.seq]:
        other.take(each)
    body = Accept() if entry.seq else replace(device.entries[0].body, device_name="another")  # type: ignore[type-var]
    return prove_fork(entry, other.sign(body, device.entries[-1] if entry.seq else None, at=later(9 * DAY)))


@pytest.mark.parametrize("seen", [True, False], ids=["who had read it", "who never read it"])
def test_who_forks_before_their_vote_can_not_take_it_back(seen: bool) -> None:
    # Else a voter could, years later, turn round what was paid by the votes.
    asked = Asked()
    votes = asked.vote(asked.dora, asked.bens), asked.vote(asked.emil, asked.carlas)
    closed = asked.close(*votes)
    proof = forked(asked.dora, votes[0])
    others = [each for each in asked.people if each is not asked.dora]
    book = asked.village.book(*others)
    read(book, *asked.dora.entries[: None if seen else votes[0].seq])
    assert known(book, asked.call).state is (State.AGREED if seen else State.PROPOSED)

    book.freeze(proof)

    agreement = known(book, asked.call)
    assert agreement.state is State.AGREED
    assert agreement.agreed_at == closed.at
    assert sorted(each.quantity for each in agreement.commitments if each.unit == "credit") == [60, 60]


def test_a_vote_that_was_lost_counts_for_nothing_if_nobody_who_belongs_here_could_have_cast_it() -> None:
    # Anybody can make up a device and a fork of it.
    asked = Asked()
    stranger = asked.village.device("zoe")
    made_up = stranger.say(Vote(EntryId(asked.carlas.id)), asked.call, at=later(OPENED + HOUR))

    asked.close(asked.vote(asked.dora, asked.bens), made_up)
    book = asked.book()
    assert known(book, asked.call).state is State.PROPOSED
    book.freeze(forked(stranger, made_up))

    assert asked.rewards_in(book) == [120, 0]


def test_two_votes_of_one_member_are_not_both_counted_when_one_was_lost() -> None:
    asked = Asked()
    phone = asked.village.device("dora", "phone")
    asked.others.append(phone)
    votes = asked.vote(asked.dora, asked.bens), asked.vote(phone, asked.bens, at=OPENED + 2 * HOUR)
    close = asked.close(*votes)
    book = asked.book()

    book.freeze(forked(phone, votes[1]))

    assert known(book, asked.call).out_of_turn[close.id] == "the close counts somebody's vote twice"


def test_the_votes_decide_what_is_paid() -> None:
    asked = Asked()
    asked.close(asked.vote(asked.dora, asked.bens))
    commitments = known(asked.book(), asked.call).commitments
    (index,) = (number for number, each in enumerate(commitments) if each.unit == "credit")
    given = asked.anna.say(Deliver(index, 120), asked.call, at=later(DAY))
    asked.ben.say(Receive(given.id, 120), asked.call, at=later(DAY))

    assert asked.book().credit.balance(asked.ben.member) == 120


def test_votes_never_make_who_joins_pay() -> None:
    anna = Village("anna").founder

    with pytest.raises(Refused, match="split a total among those who get it"):
        Term(True, anna.member, "transfer", "credit", "credit", later(DAY), total=5, voted=True)
