"""A bucket of tokens: a burst is free, and after it so many come every second."""

from ruil.node.bucket import Bucket, Buckets


def test_a_burst_is_there_at_once_and_then_so_many_every_second() -> None:
    bucket = Bucket(per_second=2, burst=3)

    assert [bucket.take(1, now=100) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(1, now=100.4)
    assert bucket.take(1, now=100.5)
    assert not bucket.take(4, now=1_000)  # never more than the burst
    assert bucket.take(3, now=1_000)


def test_who_spends_more_than_there_is_waits_until_the_debt_is_paid() -> None:
    bucket = Bucket(per_second=10, burst=5)

    assert bucket.owe(5, now=0) == 0
    assert bucket.owe(20, now=0) == 2
    assert bucket.owe(5, now=1) == 1.5


def test_each_has_a_bucket_of_their_own_and_only_so_many_are_remembered() -> None:
    buckets = Buckets(most=2)

    assert buckets.take("a", 1, 1, now=0)
    assert not buckets.take("a", 1, 1, now=0)
    assert buckets.take("b", 1, 1, now=0)
    assert not buckets.take("a", 1, 1, now=0)
    assert buckets.take("c", 1, 1, now=0)  # b, the longest unused, is forgotten for it
    assert not buckets.take("a", 1, 1, now=0)
    assert buckets.take("b", 1, 1, now=0)
