"""The post: how letters travel. One to somebody who is linked goes at once; else neighbours are asked to keep it.

Whoever holds a letter hands it to each device it names as soon as that is linked, until the device's receipt has come;
receipts go back to whoever holds the letter, and to its writer. So nothing here needs an order, and nothing is lost
when one of them stops. What is sent is on the disk first. Spec: docs/spec/mailbox.md. Vectors: tests/vectors/mailbox/.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from ruil.crypto.keys import SigningKey
from ruil.protocol import letters, limits, wire
from ruil.protocol.book import Book
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.events import Blame, DropLetter, Effect, KeepLetter, Send, Tell, Wake, Wrote
from ruil.protocol.ids import DeviceId, LetterId, MemberId, Millis, NeighbourId
from ruil.protocol.letterbox import Letterbox, delivered, emptied
from ruil.protocol.letters import COPY, KEPT, OURS, THEIRS, Letter, Note, Sealed
from ruil.protocol.mailbox import Answer, Mailbox, WaitingRoom
from ruil.protocol.members import Standing
from ruil.protocol.rounds import LETTERS, Rounds

_LEAVE: Final = (Standing.FOUNDER, Standing.ADMITTED, Standing.REMOVED)  # whose letters are kept for others


class Post:
    """The letters of one device. `readers`: the neighbours that may read this community, kept by the peer."""

    def __init__(self, book: Book, key: SigningKey, readers: set[NeighbourId]) -> None:
        self.box = Letterbox()
        self.room = Mailbox()
        self._book = book
        self._key = key
        self._device = DeviceId(key.public)
        self._rounds = Rounds(readers)
        self._strange = WaitingRoom()

    @property
    def strangers(self) -> int:
        """How many letters wait until more is known of who wrote them."""
        return len(self._strange)

    def remembers(self, neighbour: NeighbourId) -> int:
        """How many receipts we know a neighbour has, on this link."""
        return self._rounds.remembers(neighbour)

    @property
    def _member(self) -> MemberId | None:
        return self._book.members.of_device.get(self._device)

    def _knows(self, member: MemberId | None) -> bool:
        known = self._book.members.get(member) if member is not None else None
        return known is not None and known.standing is not Standing.UNKNOWN

    # What our member does ----------------------------------------

    def write(self, said: Wrote, now: Millis) -> list[Effect]:
        """Seal a letter, keep it, and send it on its way. Raises `Refused`."""
        me = self._member
        if me is None or not self._speaks(self._device, now):
            raise Refused("this device speaks for nobody: it can not write")
        if said.to == me:
            raise Refused("a letter to yourself: say whom to write to")
        if not self._knows(said.to):
            raise Refused("nobody of that name is a member here")
        if said.about is not None and said.about not in self._book.records:
            raise Refused("what this is about is not known here")
        if not limits.HOUR <= said.lasts <= limits.LETTER_MS_MAX:
            raise Refused(
                f"a letter waits between an hour and {limits.LETTER_MS_MAX // limits.DAY} days for its reader"
            )
        theirs = self._devices(said.to, now)
        if not theirs:
            raise Refused(f"{self._book.members.name(said.to)} has no device that can be written to")
        mine = [self._device, *(each for each in self._devices(me, now) if each != self._device)]
        half = limits.LETTER_DEVICES_MAX // 2
        at = self._after_the_last(now)
        letter = Letter(said.to, at, said.text.strip(), said.about, said.picture)
        sealed = letters.seal_letter(
            self._key, self._book.community, theirs[:half] + mine[:half], letter, at + said.lasts
        )
        note = self._note(sealed, letter, OURS, said.to, me, now, seen=True)
        return [*self._take_in(note, sealed.data, now), *self._set_out(note, now)]

    def _after_the_last(self, now: int) -> int:
        """When a letter is written: two of the same words are two letters, in their order. One that was written while
        our clock was far ahead is no measure, or all that follow would be for a time that nobody keeps letters for."""
        latest = self.box.latest
        return latest + 1 if now <= latest <= now + limits.FUTURE_MS_MAX else now

    def _speaks(self, device: DeviceId, now: int) -> bool:
        log = self._book.logs.get(device)
        return log is not None and log.cut is None and not self._book.revoked(device) and self._counts(device, now)

    def _counts(self, device: DeviceId, now: int) -> bool:
        """Whether its key does by now: who waits for friends' word to count neither reads nor writes for anybody."""
        return self._book.successions.begins(device) <= now

    def _devices(self, member: MemberId, now: int) -> list[DeviceId]:
        """Where somebody can be reached: their devices, the one last heard of first."""
        known = self._book.members.get(member)
        mine = [device for device in known.devices if self._speaks(device, now)] if known is not None else []
        return sorted(mine, key=lambda device: (-self._book.logs[device].at, device))

    def _note(
        self,
        sealed: Sealed,
        letter: Letter,
        role: str,
        partner: MemberId,
        by: MemberId,
        now: int,
        *,
        seen: bool = False,
    ) -> Note:
        return Note(
            sealed.id,
            role,
            sealed.sender,
            sealed.expires,
            sealed.devices,
            len(sealed.data),
            partner,
            by,
            min(letter.at, now) if role != OURS else letter.at,
            now,
            letter.about or b"",
            bool(letter.picture),
            seen=seen,
        )

    def _take_in(self, note: Note, data: bytes, now: int) -> list[Effect]:
        self.box.put(note)
        effects: list[Effect] = [KeepLetter(note, data), Tell("letter", note.id)]
        for old in self.box.too_many(note.partner):
            effects += self._throw_away(old, now)
        return [*effects, Wake(note.expires, LETTERS)]

    def saw(self, seen: Iterable[LetterId], now: Millis, *, tell: bool) -> list[Effect]:
        """The member has read these. Who is hidden from them is never told."""
        effects: list[Effect] = []
        me = self._member
        hidden = self._book.blocks.hidden(me) if me is not None else {}
        for each in seen:
            note = self.box.get(each)
            if note is None or note.role != THEIRS or note.seen:
                continue
            note = replace(note, seen=True)
            if tell and note.partner not in hidden and note.expires > now:
                ours = letters.receipt(self._key, self._book.community, note.id, now, read=True)
                note = _receipted(note, ours)
                effects += self._changed(note)
                effects += self._rounds.show(note, (*note.devices, note.sender, *note.holders))
            else:
                effects += self._changed(note)
        return effects

    def forget(self, partner: MemberId, now: Millis) -> list[Effect]:
        """Throw away what is here of the letters with somebody."""
        return [effect for note in self.box.letters(partner) for effect in self._throw_away(note, now)]

    def _throw_away(self, note: Note, now: int) -> list[Effect]:
        self._rounds.over(note.id)
        if note.expires <= now:
            self.box.drop(note.id)
            return [DropLetter(note.id)]
        return self._changed(emptied(note), b"")  # or it would be taken in again from whoever still keeps it

    def _changed(self, note: Note, data: bytes | None = None) -> list[Effect]:
        self.box.put(note)
        told = [] if note.role == KEPT else [Tell("letter", note.id)]
        return [KeepLetter(note, data), *told]

    # On their way ----------------------------------------

    def _set_out(self, note: Note, now: int) -> list[Effect]:
        """Hand a letter to whom it names, of those who are linked; and one of ours to others, if its reader is not."""
        effects = self._rounds.hand((note,), note.devices, now)
        if note.role == OURS:
            if any(self._reads(device, note) for device in self._rounds.readers):
                return [*effects, Wake(now + limits.LEAVE_AFTER_MS, LETTERS)]
            effects += self._leave(note, now)
        return effects

    def _reads(self, device: DeviceId, note: Note) -> bool:
        return device in note.devices and self._book.members.of_device.get(device) == note.partner

    def _leave(self, note: Note, now: int) -> list[Effect]:
        """Ask neighbours to keep a letter of ours, until enough do. One that this profile wrote when it was another
        device is handed over, and left with nobody else: they keep it from its writer's device alone."""
        if note.role != OURS or note.sender != self._device or delivered(self._book.members, note):
            return []
        asked = self._rounds.asked(note)
        could = [
            each for each in self._rounds.readers
            if each not in note.devices and each not in note.holders and each not in asked
            and not self._rounds.refused(each, note.id)
        ]  # fmt: skip
        # Another order for each letter, so that not all are left with the same.
        could.sort(key=lambda each: int.from_bytes(each, "big") ^ int.from_bytes(note.id, "big"))
        few = max(0, limits.LEFT_WITH_MAX - len(note.holders) - len(asked))
        effects: list[Effect] = []
        for neighbour in (*asked, *could[:few]):
            effects += self._rounds.give(neighbour, (note.id,), now)
        return effects

    def joined(self, neighbour: NeighbourId, now: Millis) -> list[Effect]:
        """A neighbour may read now; or frames to them were dropped, and all is looked at anew."""
        self.left(neighbour)
        effects = self._rounds.hand(self._oldest_first(), (neighbour,), now)
        for note in self._oldest_first():
            effects += self._leave(note, now)
        for note in self.box.all_under_way():
            if neighbour in (*note.devices, note.sender, *note.holders):
                effects += self._rounds.show(note, (neighbour,))
        return effects

    def left(self, neighbour: NeighbourId) -> None:
        """The link is down."""
        self._rounds.forget(neighbour)

    def _oldest_first(self) -> list[Note]:
        return sorted(self.box.waiting(), key=lambda note: (note.came, note.id))

    # What neighbours bring ----------------------------------------

    def carried(self, data: bytes, neighbour: NeighbourId, now: Millis) -> list[Effect]:
        """A letter came: to us, or to be kept. Raises `Rejected` for what no honest node sends."""
        sealed = letters.open_sealed(self._book.community, data)
        known = self.box.get(sealed.id)
        if known is not None:
            return self._known(known, neighbour)
        if sealed.expires <= now:
            return [_answer(neighbour, sealed.id, Answer.OVER)]
        if sealed.expires > now + limits.LETTER_MS_MAX + limits.FUTURE_MS_MAX:
            # No fault: whose clock is ahead writes such letters, and would be shut out by all who are to keep them.
            return [_answer(neighbour, sealed.id, Answer.AHEAD)]
        if self._device in sealed.devices:
            return self._read(sealed, neighbour, now)
        if sealed.sender != neighbour:
            return [Blame(neighbour, "a letter to keep, by somebody else than who wrote it", grave=False)]
        return self._keep(sealed, neighbour, now)

    def _known(self, note: Note, neighbour: NeighbourId) -> list[Effect]:
        if note.role == KEPT and not note.gone:
            return [_answer(neighbour, note.id, Answer.KEPT), *self._rounds.ask_again(neighbour, note)]
        return self._rounds.ask_again(neighbour, note)

    def _read(self, sealed: Sealed, neighbour: NeighbourId, now: Millis) -> list[Effect]:
        by = self._book.members.of_device.get(sealed.sender)
        if by is None or not self._knows(by):
            self._strange.hold(sealed, self._book.members.of_device.get(neighbour, neighbour), neighbour, now)
            return []
        if self._book.revoked(sealed.sender) or not self._counts(sealed.sender, now):
            return [_answer(neighbour, sealed.id, Answer.STRANGERS)]
        try:
            letter = letters.open_letter(self._key, self._book.community, sealed)
        except Rejected as why:
            return self._unreadable(sealed, neighbour, str(why))
        if by == self._member:
            role, partner = COPY, letter.to
        elif letter.to == self._member:
            role, partner = THEIRS, by
        else:
            return self._unreadable(sealed, neighbour, "a letter to somebody else")
        if role == THEIRS and self.box.flooded(partner, len(sealed.data), now):
            return [_answer(neighbour, sealed.id, Answer.YOURS_FULL)]
        note = self._note(sealed, letter, role, partner, by, now, seen=role == COPY)
        ours = letters.receipt(self._key, self._book.community, sealed.id, now)
        note = replace(note, receipts=(ours.data,), holders=(neighbour,) if neighbour not in note.devices else ())
        old = self.box.makes_way(partner, note.size) if role == THEIRS else []
        effects = [effect for each in old for effect in self._throw_away(each, now)]
        effects += self._take_in(note, sealed.data, now)
        effects += self._rounds.show(note, (neighbour, *note.devices))
        return [*effects, *self._set_out(note, now)]

    def _unreadable(self, sealed: Sealed, neighbour: NeighbourId, why: str) -> list[Effect]:
        """Who keeps a letter for somebody can not see what is inside. Were they to blame, anybody could leave a dozen
        such letters with them and have their readers cut the link."""
        if neighbour == sealed.sender:
            return [Blame(neighbour, why)]
        return [_answer(neighbour, sealed.id, Answer.UNREADABLE)]

    def _keep(self, sealed: Sealed, neighbour: NeighbourId, now: Millis) -> list[Effect]:
        members = self._book.members
        by = members.of_device.get(neighbour)
        known = members.get(by) if by is not None and self._speaks(neighbour, now) else None
        to = {each for device in sealed.devices if (each := members.of_device.get(device)) is not None and each != by}
        reader = next(iter(to)) if len(to) == 1 else None
        if by is None or known is None or known.standing not in _LEAVE or reader is None or not self._knows(reader):
            return [_answer(neighbour, sealed.id, Answer.STRANGERS)]
        effects: list[Effect] = []
        why = self.room.why_not(by, reader, len(sealed.data))
        if why is not None:
            effects = self._make_room(by, reader)
            why = self.room.why_not(by, reader, len(sealed.data))
        if why is None and len(self.box.under_way) >= limits.LETTERS_UNDER_WAY_MAX:
            effects += self._forget_one()
            why = None if len(self.box.under_way) < limits.LETTERS_UNDER_WAY_MAX else Answer.FULL
        if why is not None:
            return [*effects, _answer(neighbour, sealed.id, why)]
        size, devices = len(sealed.data), sealed.devices
        note = Note(sealed.id, KEPT, sealed.sender, sealed.expires, devices, size, reader, by, now, now)
        self.room.add(note)
        self.box.put(note)
        effects += [KeepLetter(note, sealed.data), Wake(note.expires, LETTERS)]
        return [*effects, _answer(neighbour, note.id, Answer.KEPT), *self._set_out(note, now)]

    def _make_room(self, by: MemberId, reader: MemberId) -> list[Effect]:
        """What one device of its reader has can go: that device holds it for the others."""
        spare = [
            note for note in self.box.waiting()
            if note.role == KEPT and (note.by == by or note.partner == reader) and delivered(self._book.members, note)
        ]  # fmt: skip
        return [effect for note in spare for effect in self._empty(note)]

    def _forget_one(self) -> list[Effect]:
        """Nothing is lost by that: should it come once more, it is kept until its reader's receipt comes once more."""
        first = self.room.first_to_forget()
        note = self.box.get(first) if first is not None else None
        if note is None:
            return []
        self.room.forget(note)
        self.box.drop(note.id)
        return [DropLetter(note.id)]

    def _empty(self, note: Note) -> list[Effect]:
        self._rounds.over(note.id)
        self.room.drop(note)
        self.room.remember(note)
        return self._changed(emptied(note), b"")

    def receipts(self, parts: Iterable[bytes], neighbour: NeighbourId, now: Millis) -> list[Effect]:
        """Receipts came. Raises `Rejected` for one that is false, before anything is changed by any."""
        known = [(note, part) for part in parts if (note := self.box.get(LetterId(part[:32]))) is not None]
        if any(part[32:64] not in note.devices for note, part in known):
            raise Rejected("a receipt by somebody to whom the letter was not sealed")
        said = [letters.open_receipt(self._book.community, part) for note, part in known if part not in note.receipts]
        effects: list[Effect] = []
        for made in said:
            note = self.box.get(made.letter)
            assert note is not None
            after = _receipted(note, made)
            if note.role == THEIRS and made.read and self._book.members.of_device.get(made.by) == self._member:
                after = replace(after, seen=True)  # read on another device of ours
            if after != note:
                effects += self._changed(after)
                if after.role == KEPT and not after.gone and after.got >= {*after.devices} - {after.sender}:
                    effects += self._empty(after)
            if made.data in after.receipts:  # one device can sign any number of others, which are not kept
                self._rounds.knows(neighbour, made.data)
            self._rounds.answered(neighbour, note.id)
            effects += self._rounds.show(after, (*after.devices, after.sender, *after.holders))
        taken = tuple((bytes(note.id), int(Answer.TAKEN)) for note, _ in known)
        if taken:
            effects.append(Send(neighbour, wire.Answers(taken)))
        return [*effects, *self._more(neighbour, now)]

    def _more(self, neighbour: NeighbourId, now: Millis) -> list[Effect]:
        """The next letters, when the first were answered."""
        return self._rounds.hand(self._oldest_first(), (neighbour,), now) if self._rounds.more(neighbour) else []

    def answered(self, answers: Iterable[tuple[bytes, int]], neighbour: NeighbourId, now: Millis) -> list[Effect]:
        """What became of letters there. Only what was asked counts."""
        effects: list[Effect] = []
        for id_, answer in answers:
            note = self.box.get(LetterId(id_))
            if note is None or answer == Answer.TAKEN or not self._rounds.answered(neighbour, note.id):
                continue
            if answer != Answer.KEPT:
                self._rounds.refuse(neighbour, note.id)
            elif neighbour not in note.devices:
                note = replace(note, holders=(*note.holders, neighbour))
                effects += self._changed(note)
            effects += self._leave(note, now)
        return [*effects, *self._more(neighbour, now)]

    def known(self, now: Millis) -> list[Effect]:
        """More is known of who is a member: who wrote a letter that waits here may be one."""
        effects: list[Effect] = []
        for neighbour, sealed in self._strange.all():
            if self._knows(self._book.members.of_device.get(sealed.sender)):
                self._strange.take(sealed.id)
                if sealed.expires > now and self.box.get(sealed.id) is None:
                    effects += self._read(sealed, neighbour, now)
        return effects

    # Time, and starts ----------------------------------------

    def restore(self, note: Note) -> None:
        """What our own disk remembers."""
        self.box.put(note)
        if note.role == KEPT:
            (self.room.remember if note.gone else self.room.add)(note)

    def look(self, now: Millis) -> list[Effect]:
        """What is over is let go; what nobody said they have is handed over again, or left with others."""
        effects: list[Effect] = []
        for note in self.box.all_under_way():
            if note.expires <= now:
                effects += self._over(note)
            elif not note.gone:
                effects += self._rounds.hand((note,), note.devices, now)
                if now - note.came >= limits.LEAVE_AFTER_MS:
                    effects += self._leave(note, now)
        due = min((self._due(note, now) for note in self.box.all_under_way()), default=None)
        return [*effects, Wake(due, LETTERS)] if due is not None else effects

    def _due(self, note: Note, now: int) -> int:
        """When something becomes of a letter by itself. A driver keeps one time for each reason, so all are asked."""
        times = [
            *self._rounds.times(note.id),
            note.expires,
            note.came + limits.LEAVE_AFTER_MS if note.role == OURS else 0,
        ]
        return min(each for each in times if each > now)

    def _over(self, note: Note) -> Iterator[Effect]:
        del self.box.under_way[note.id]
        self._rounds.over(note.id)
        if note.role == KEPT:
            (self.room.forget if note.gone else self.room.drop)(note)
        if note.role == KEPT or note.gone:
            self.box.drop(note.id)
            yield DropLetter(note.id)
        else:
            yield Tell("letter", note.id)


def _receipted(note: Note, said: letters.Receipt) -> Note:
    """The note with a receipt more; of one device the word that it was read stands."""
    for each in note.receipts:
        if each[32:64] == said.by and (each[64] == 2 or not said.read):
            return note
    others = (each for each in note.receipts if each[32:64] != said.by)
    return replace(note, receipts=(*others, said.data))


def _answer(neighbour: NeighbourId, letter: LetterId, answer: Answer) -> Effect:
    return Send(neighbour, wire.Answers(((letter, int(answer)),)))
