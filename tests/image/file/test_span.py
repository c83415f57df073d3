"""Which bytes a client asks for."""

import pytest

from dicot.api.errors import RangeNotSatisfiable
from dicot.image.file import span


@pytest.mark.parametrize(
    ("asked", "content_range", "expected"),
    [
        (None, None, None),
        ("bytes=0-9", None, (0, 10)),
        ("bytes=90-", None, (90, 100)),
        ("bytes=90-500", None, (90, 100)),
        ("bytes=-5", None, (95, 100)),
        ("bytes=-500", None, (0, 100)),
        (None, "bytes 1-4/100", (1, 5)),
        (None, "bytes 1-4/*", (1, 5)),
    ],
)
def test_ranges(asked, content_range, expected):
    assert span.read(asked, content_range, 100) == expected


@pytest.mark.parametrize(
    ("asked", "content_range"),
    [
        ("bytes=100-", None),
        ("bytes=5-4", None),
        ("bytes=0-1,3-4", None),
        ("bytes=-", None),
        ("lines=1-2", None),
        (None, "bytes 1-100/100"),
        (None, "nonsense"),
    ],
)
def test_ranges_outside_the_image(asked, content_range):
    with pytest.raises(RangeNotSatisfiable):
        span.read(asked, content_range, 100)
