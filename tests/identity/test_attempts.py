"""The limit on failed logins: how it counts, what it forgets, and whom it counts together."""

from __future__ import annotations

import pytest

from dicot.api.errors import BadRequest, TooManyRequests, Unauthorized
from dicot.identity.attempts import KEYS_MOST, Attempts, address_of


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attempts(clock: Clock) -> Attempts:
    return Attempts(60.0, clock)


KEYS = (("user jane", 3), ("address 192.0.2.1", 5))


async def fail(attempts: Attempts, *keys: tuple[str, int]) -> None:
    with pytest.raises(Unauthorized):
        async with attempts.counted(keys or KEYS):
            raise Unauthorized("no")


async def wait_s(attempts: Attempts, *keys: tuple[str, int]) -> int:
    """Return how long a login must wait; 0 if it may be tried."""
    try:
        async with attempts.counted(keys or KEYS):
            return 0
    except TooManyRequests as error:
        return int(error.headers["Retry-After"])


async def test_failures_up_to_the_limit(attempts: Attempts, clock: Clock):
    for _ in range(3):
        assert await wait_s(attempts) == 0
        await fail(attempts)
    assert await wait_s(attempts) == 20
    clock.now += 19
    assert await wait_s(attempts) == 1
    clock.now += 1
    await fail(attempts)
    assert await wait_s(attempts) == 20
    clock.now += 60
    for _ in range(3):
        await fail(attempts)


async def test_what_succeeds_or_is_malformed_does_not_count(attempts: Attempts):
    for _ in range(20):
        assert await wait_s(attempts) == 0
        with pytest.raises(BadRequest):
            async with attempts.counted(KEYS):
                raise BadRequest("what?")
    assert len(attempts) == 0


async def test_an_address_that_tries_many_users(attempts: Attempts):
    for number in range(5):
        await fail(attempts, (f"user {number}", 3), KEYS[1])
    assert await wait_s(attempts, ("user 6", 3), KEYS[1]) == 12
    assert await wait_s(attempts, ("user 6", 3), ("address 192.0.2.2", 5)) == 0


async def test_many_at_once_are_no_more_than_one_after_the_other(attempts: Attempts):
    async def nested(depth: int) -> int:
        async with attempts.counted(KEYS):
            return depth if depth == 10 else await nested(depth + 1)

    with pytest.raises(TooManyRequests):
        await nested(1)
    assert await wait_s(attempts) == 0


async def test_no_limit(attempts: Attempts):
    for _ in range(50):
        await fail(attempts, ("user jane", 0))
    assert len(attempts) == 0


async def test_memory_is_bounded(attempts: Attempts):
    for number in range(KEYS_MOST + 100):
        await fail(attempts, (f"user {number}", 3))
    assert len(attempts) == KEYS_MOST


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),  # not a proxy: it says what it likes
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "garbage", "garbage"),
        ("::ffff:192.0.2.1", "", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "", "2001:db8:1:2::/64"),
    ],
)
def test_whose_address_counts(peer: str, forwarded: str, address: str):
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    assert address_of({"client": (peer, 1), "headers": headers}, ("10.0.0.1", "10.0.0.2")) == address
