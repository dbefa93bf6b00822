"""A memo gives back what was made, and never holds more than it may."""

from ruil.protocol.memo import Memo


def test_a_memo_gives_back_what_it_kept() -> None:
    memo: Memo[str, int] = Memo(4)

    kept = memo.keep("bread", 3)

    assert kept == 3
    assert memo.get("bread") == 3
    assert memo.get("butter") is None


def test_a_full_memo_forgets_its_older_half() -> None:
    memo: Memo[int, int] = Memo(4)

    for number in range(5):
        memo.keep(number, number)

    assert list(memo) == [2, 3, 4]
