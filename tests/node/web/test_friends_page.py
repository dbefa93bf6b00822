"""A key that friends would have follow another, on the page: passed on once words were compared, shown, protested."""

from ruil.crypto.fingerprint import fingerprint
from ruil.protocol.bodies import encode
from ruil.protocol.events import Drafted
from ruil.protocol.keeping import Word
from ruil.protocol.successions import plan, succeed
from tests.node.web.conftest import Member, until
from tests.node.web.test_deciding import id_of
from tests.node.web.test_together import plain, shows
from tests.protocol.actors import key


async def test_a_word_is_passed_on_after_its_six_words_were_compared_and_protested_by_who_lost_nothing(
    anna: Member, ben: Member
) -> None:
    recovery, new = key("recovery"), key("anna's new key")
    theirs, mine = anna.page.desk, ben.page.desk
    assert theirs is not None
    assert mine is not None
    await theirs.say(Drafted(plan(theirs.identity.key, theirs.peer.community, recovery.public, 1, 7)))

    async def known() -> bool:
        return mine.book.digest() == theirs.book.digest()

    await until(known)
    community = theirs.peer.community
    body = succeed(recovery, community, theirs.me, theirs.me, new.public)
    word, words = Word("Anna", community, encode(body)).text, " ".join(fingerprint(new.public))
    path = f"person/{id_of(anna)}"

    damaged = await ben.post(f"{path}/pass", shown_at=path, text="heir-nothing")
    assert (damaged.status_code, "heir-nothing" in damaged.text) == (422, True)
    compared = await ben.post(f"{path}/pass", shown_at=path, text=word, same="yes")
    assert (compared.status_code, words in compared.text, "Passed on." in compared.text) == (422, True, False)
    done = await ben.post(f"{path}/pass", shown_at=path, text=word, same="yes", words=words)
    assert "Passed on." in done.text, plain(done.text)
    assert "on another one signs for them, if nobody protests" in plain(done.text)

    await shows(anna, path, "It is said that your key is lost")
    said = await anna.post(f"{path}/protest", shown_at=path)
    assert "You have protested." in said.text
    await shows(ben, path, "Anna protested against another key: theirs stays")
    again = await anna.post(f"{path}/protest", shown_at=path)
    assert (again.status_code, "protested already" in again.text) == (422, True)
