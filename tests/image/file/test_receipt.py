"""Receiving data: looked at, counted, hashed, and stopped where it must be."""

import hashlib

import pytest

from dicot.api.errors import ApiError
from dicot.image.file.header import PEEK_BYTES
from dicot.image.file.receipt import Receipt


async def parts(*chunks):
    for chunk in chunks:
        yield chunk


async def received(receipt):
    return b"".join([chunk async for chunk in receipt.chunks()])


async def test_a_small_image_is_known_at_once():
    receipt = Receipt(parts(b"ab", b"", b"c"), None, 100)
    await receipt.peek()
    assert (receipt.first, receipt.whole, receipt.length) == (b"abc", True, 3)
    assert await received(receipt) == b"abc"
    assert receipt.md5 == hashlib.md5(b"abc").hexdigest()
    assert receipt.sha512 == hashlib.sha512(b"abc").hexdigest()
    assert receipt.received == 3


async def test_a_large_image_is_not_held():
    block = bytes(PEEK_BYTES // 2)
    receipt = Receipt(parts(block, block, block), None, 10 * PEEK_BYTES)
    await receipt.peek()
    assert (len(receipt.first), receipt.whole, receipt.length) == (PEEK_BYTES, False, None)
    assert len(await received(receipt)) == 3 * len(block)
    assert receipt.first == b""


@pytest.mark.parametrize(
    ("expected", "most", "status"),
    [(5, 100, 400), (1, 100, 400), (None, 2, 413), (3, 2, 413)],
)
async def test_what_stops_it_is_kept(expected, most, status):
    receipt = Receipt(parts(b"abc"), expected, most)
    await receipt.peek()
    with pytest.raises(ApiError) as caught:
        await received(receipt)
    assert receipt.failure is caught.value
    assert caught.value.status == status


async def test_a_limit_only_falls():
    receipt = Receipt(parts(b"abc"), None, 100)
    receipt.limit(2)
    receipt.limit(50)
    await receipt.peek()
    with pytest.raises(ApiError):
        await received(receipt)
