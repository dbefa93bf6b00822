"""What goes wrong at a member's end has a sentence that says what and why, a documented exit code, harming nothing."""

import contextlib
import shlex
import socket
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ruil.node.store import PAGE_BYTES
from ruil.protocol.limits import DAY
from tests.node.copies import moved
from tests.node.shell import Shell, carry, founder, invited


@contextlib.contextmanager
def unharmed(shell: Shell) -> Iterator[None]:
    """Every entry that is stored at the beginning is stored at the end, and no other."""
    before = entries(shell)
    assert before != []
    yield
    assert entries(shell) == before


def entries(shell: Shell) -> list[tuple[bytes, int, bytes]]:
    """What stands in the two databases."""
    rows: list[tuple[bytes, int, bytes]] = []
    for name in ("own.sqlite", "logs.sqlite"):
        with contextlib.closing(sqlite3.connect(shell.home / name)) as database:
            rows += database.execute("SELECT device, seq, data FROM entries")
    return sorted(rows)


# Commands ----------------------------------------


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("ofer bread", "There is no command 'ofer'; did you mean 'offer'? All there are: ruil --help"),
        ("xyzzy", "There is no command 'xyzzy'. All there are: ruil --help"),
        ("--nope", "Unknown option: --nope. See: ruil --help"),
        ("status extra", "ruil status takes no 'extra' there. See: ruil status --help"),
        ("community nw x", 'Unknown command "nw". Did you mean "new"?'),
        ("offer", 'Command "offer" parameter --kind requires an argument. See: ruil offer --help'),
        ("offer bread Loaf --quantity many", "See: ruil offer --help"),
        ("near --role both", 'Choose from: "offer", "need". See: ruil near --help'),
    ],
)
def test_a_command_that_was_typed_wrong_has_a_sentence_and_says_where_to_look(
    tmp_path: Path, words: str, sentence: str
) -> None:
    shell = Shell(tmp_path / "anna")

    code, said = shell.refused(*words.split())

    assert code == 2
    assert sentence in said
    assert not shell.home.exists()


# Agreements ----------------------------------------


@dataclass
class Trade:
    """Anna offers nine loaves. Ben has proposed to take two of them, and then one; she has accepted the two."""

    anna: Shell
    ben: Shell
    listing: str
    open: str
    agreed: str


@pytest.fixture(scope="module")
def trade(tmp_path_factory: pytest.TempPathFactory) -> Trade:
    homes = tmp_path_factory.mktemp("trade")
    anna = founder(homes / "anna")
    ben = invited(Shell(homes / "ben"), "Ben", anna)
    ben.ask("status")
    carry(ben, anna)
    posted = anna.ask("offer", "bread", "Loaf", "--quantity", "9", "--unit", "loaf", "--want", "credit 0.5")
    listing = posted["listing"]["short"]
    carry(anna, ben)
    agreed, open_ = (
        str(ben.ask("propose", listing, "--quantity", quantity)["agreement"]["short"]) for quantity in ("2", "1")
    )
    carry(ben, anna)
    anna.ask("accept", agreed)
    return Trade(anna, ben, listing, open_, agreed)


@pytest.mark.parametrize(
    ("who", "words", "sentence"),
    [
        ("anna", "accept AGREED", "you have answered this proposal already"),
        ("anna", "decline AGREED", "you have answered this proposal already"),
        ("anna", "deliver AGREED --quantity 3", "that delivers more than promised: 3 of 2 loaf Loaf"),
        ("anna", "deliver AGREED --quantity 0", "a delivered quantity of zero: say how much, at least 1"),
        ("anna", "deliver OPEN", "the agreement is proposed: the provider can not deliver now"),
        ("anna", "rate OPEN good", "there was no trade: not everybody agreed"),
        ("anna", "rate AGREED good", "the trade is not over yet: rate it when everything was delivered and received"),
        ("anna", "receive AGREED", "nothing was delivered to you that you have not confirmed"),
        ("anna", "propose LISTING", "that listing is your own"),
        ("ben", "propose LISTING --quantity 0", "a promised quantity of zero: say how much, at least 1"),
        ("ben", "propose LISTING --quantity 10", "loaf are left of 'Loaf'"),
        ("ben", "propose LISTING --answer-days 0", "a proposal is answered in the future, within 90 days"),
        ("ben", "propose LISTING --pay 0.001", "0.001 can not be paid: the smallest amount is 1/60"),
        ("ben", "propose LISTING --pay 1e999999999", "is not an amount: write a number, such as 1.5"),
        ("anna", "offer jam Jam --want 3", "3 of what? Write how many and of what, such as 3 jar honey"),
        (
            "anna",
            "offer jam Jam --want '1.5 kg flour'",
            "in return: 1.5 is no whole number from 1 up; a smaller unit helps",
        ),
        ("anna", "offer jam Jam --want '0 eggs'", "in return: 0 is no whole number from 1 up"),
        ("ben", "propose LISTING --in-return '+3 eggs'", "+3 is no whole number"),
        ("ben", "withdraw LISTING", "that is not a listing of yours"),
    ],
)
def test_what_an_agreement_does_not_allow_is_said_and_not_done(
    trade: Trade, who: str, words: str, sentence: str
) -> None:
    ids = {"LISTING": trade.listing, "OPEN": trade.open, "AGREED": trade.agreed}
    shell = trade.anna if who == "anna" else trade.ben

    with unharmed(shell):
        code, said = shell.refused(*(ids.get(word, word) for word in shlex.split(words)))

    assert (code, sentence in said) == (8, True), said


def test_a_proposal_can_not_be_accepted_after_its_deadline(trade: Trade) -> None:
    with unharmed(trade.anna), trade.anna.clock_ahead(4 * DAY):
        code, said = trade.anna.refused("accept", trade.open)

    assert code == 8
    assert said.startswith("the proposal had to be answered by ")


def test_a_clock_that_was_set_back_does_not_stop_a_member(trade: Trade) -> None:
    before = trade.anna.ask("check")["entries"]

    with trade.anna.clock_ahead(-3 * DAY):
        trade.anna.ask("offer", "bread", "Baked yesterday")

    after = trade.anna.ask("check")
    assert (after["faults"], after["entries"]) == ([], before + 1)


def test_who_spoke_while_their_clock_was_ahead_is_told_that_nobody_reads_them_yet_and_what_to_do(
    tmp_path: Path,
) -> None:
    anna = founder(tmp_path / "anna")
    assert anna.ask("status")["dated_ahead"] == ""
    with anna.clock_ahead(40 * DAY):
        anna.ask("offer", "bread", "Next month's")

    told = anna.ask("status")["dated_ahead"]

    assert "others read what you say only when that date has come" in told
    assert told.endswith("ruil device anew")
    anna.ask("device", "anew")
    anna.ask("offer", "bread", "Today's")
    assert anna.ask("status")["dated_ahead"] == ""
    assert anna.ask("check")["faults"] == []


# Invitations ----------------------------------------


@pytest.mark.parametrize(
    ("harm", "ahead", "sentence"),
    [
        ("{text}", 8 * DAY, "this invitation has expired; ask for a new one"),
        ("{cut}", 0, "this is not an invitation: a part is missing, or a letter is wrong. Copy all of it."),
        ("{wrong}", 0, "this invitation is damaged: its signature does not fit. Copy all of it again."),
        ("{text}@nowhere", 0, "this invitation is damaged: “nowhere” is not an address such as 192.168.1.5:4001."),
        ("{text}@10.0.0.1:99999", 0, "“10.0.0.1:99999” is not an address such as 192.168.1.5:4001."),
    ],
)
def test_an_invitation_that_is_no_good_leaves_a_profile_free_for_another(
    trade: Trade, tmp_path: Path, harm: str, ahead: int, sentence: str
) -> None:
    text = trade.anna.ask("invite", "new")["invitation"]
    wrong = text[:20] + ("a" if text[20] != "a" else "b") + text[21:]
    guest = Shell(tmp_path / "guest")
    guest.ask("init", "Gast")

    with guest.clock_ahead(ahead):
        code, said = guest.refused("invite", "use", harm.format(text=text, cut=text[:-3], wrong=wrong))

    assert (code, sentence in said) == (8, True), said
    guest.ask("invite", "use", text)


# Files ----------------------------------------


def test_a_foreign_bundle_changes_nothing(trade: Trade, tmp_path: Path) -> None:
    other = founder(tmp_path / "other")
    other.ask("export", str(tmp_path / "foreign.ruil"))

    with unharmed(trade.anna):
        code, said = trade.anna.refused("import", str(tmp_path / "foreign.ruil"))

    assert (code, said) == (8, "this bundle is from another community; nothing was changed")


def test_a_file_that_is_no_bundle_is_named_and_changes_nothing(trade: Trade, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Anna")

    with unharmed(trade.anna):
        code, said = trade.anna.refused("import", str(tmp_path / "letter.txt"))

    assert (code, said) == (8, f"{tmp_path / 'letter.txt'}: not a ruil bundle; nothing was changed")


@pytest.fixture
def anna(trade: Trade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A copy of Anna's profile that may be harmed."""
    return Shell(moved(monkeypatch, trade.anna.home, tmp_path / "anna"))


def test_what_is_no_database_is_said_so_and_not_written_over(anna: Shell) -> None:
    path = anna.home / "own.sqlite"
    path.write_bytes(b"this is no database at all" * 400)

    code, said = anna.refused("status")

    assert code == 4
    assert "own.sqlite, which holds what you said, is damaged" in said
    assert path.read_bytes() == b"this is no database at all" * 400


def zero_a_page(path: Path) -> None:
    """As a disk does that lost a block: the page that holds the first entries."""
    data = bytearray(path.read_bytes())
    size = PAGE_BYTES["FULL"]
    data[size : 2 * size] = bytes(size)
    path.write_bytes(data)


def change_a_letter(path: Path) -> None:
    """As a disk does that lies: SQLite can't see it, a signature can."""
    data = bytearray(path.read_bytes())
    data[data.rindex(b"Loaf" if b"Loaf" in data else b"Ben")] ^= 1
    path.write_bytes(data)


def lose_an_entry(path: Path) -> None:
    """As no disk does, but a hand may: every page is sound, and a hole is in the log."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM entries WHERE seq = 2")


@pytest.mark.parametrize("harm", [zero_a_page, change_a_letter, lose_an_entry])
def test_a_corrupt_page_is_noticed_by_every_command_and_what_was_said_comes_back_from_a_neighbour(
    trade: Trade, anna: Shell, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    before = anna.ask("check")
    anna.ask("export", str(tmp_path / "own.ruil"))
    ben = Shell(trade.ben.home)
    ben.ask("import", str(tmp_path / "own.ruil"))
    ben.ask("export", str(tmp_path / "neighbour.ruil"))

    harm(anna.home / "own.sqlite")
    for words in (("status",), ("offer", "bread", "Loaf"), ()):
        code, said = anna.refused(*words)
        assert (code, "own.sqlite, which holds what you said, is damaged" in said) == (4, True), (words, said)

    # A log begun anew would be a fork, so the node does not begin one.
    (anna.home / "own.sqlite").unlink()
    code, said = anna.refused("offer", "bread", "Loaf")
    assert (code, said.startswith("What you said is missing")) == (4, True)

    anna.ask("import", str(tmp_path / "neighbour.ruil"))
    assert anna.ask("check") == before
    anna.ask("offer", "bread", "Loaf")
    assert anna.ask("check")["faults"] == []


def test_a_log_that_was_taken_away_is_never_begun_anew(tmp_path: Path) -> None:
    anna = founder(tmp_path / "anna")
    (anna.home / "own.sqlite").unlink()

    for words in (("offer", "bread", "Loaf"), ("status",), ()):
        code, said = anna.refused(*words)
        assert (code, said.splitlines()[-1].startswith("What you said is missing")) == (4, True)
    assert not (anna.home / "own.sqlite").exists()


def test_what_others_said_may_be_thrown_away_when_it_is_damaged_and_comes_again(trade: Trade, anna: Shell) -> None:
    before = anna.ask("check")

    change_a_letter(anna.home / "logs.sqlite")
    found = anna.run("check")
    assert (found.returncode != 0, "the payload is not the one that was signed" in found.stderr) == (True, True)
    (anna.home / "book.snapshot").unlink(missing_ok=True)  # with one, a start reads only what came after it
    code, said = anna.refused("status")
    assert (code, "logs.sqlite, which holds what others said, is damaged" in said) == (4, True)

    (anna.home / "logs.sqlite").unlink()
    carry(trade.ben, anna)
    assert anna.ask("check")["faults"] == []
    assert anna.ask("check")["entries"] >= before["entries"]


# Ports ----------------------------------------


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("PAGE_PORT", "Port {port}, where the page should be, can not be had: Address already in use."),
        ("PORT", "Port {port} is in use by another program, perhaps by another running node."),
    ],
)
def test_a_busy_port_is_said_with_what_to_do_and_the_profile_is_as_before(
    anna: Shell, setting: str, sentence: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, unharmed(anna):
        port = other.getsockname()[1]
        code, said = Shell(anna.home, **{setting: str(port)}).refused()

    assert (code, sentence.format(port=port) in said) == (7, True), said
    assert "config.toml" in said


def test_of_a_bundle_that_is_cut_off_the_words_of_others_are_kept_and_it_says_so(anna: Shell, tmp_path: Path) -> None:
    before = anna.ask("check")
    anna.ask("export", str(tmp_path / "whole.ruil"))
    (tmp_path / "cut.ruil").write_bytes((tmp_path / "whole.ruil").read_bytes()[:-1])
    with contextlib.closing(sqlite3.connect(anna.home / "logs.sqlite")) as database:
        ((others,),) = database.execute("SELECT COUNT(*) FROM entries")
    (anna.home / "logs.sqlite").unlink()
    (anna.home / "book.snapshot").unlink(missing_ok=True)

    code, said = anna.refused("import", str(tmp_path / "cut.ruil"))

    assert (code, others > 0) == (8, True)
    assert said.endswith(f"of what stands before that, {others} entries of others are new here and kept")
    assert anna.ask("check") == before
