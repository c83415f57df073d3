"""Expressions from clients: found as Python finds them, in linear time."""

from __future__ import annotations

import re

import pytest

from dicot.api.errors import BadRequest
from dicot.api.pattern import finder


@pytest.mark.parametrize("text", ["", "web", "^web$", "w.b", "web|db", "[a-c]+", r"\d{2}", "a(b", "*"])
@pytest.mark.parametrize("value", ["web", "my web", "WEB", "db", "abc 12", ""])
def test_as_python(text: str, value: str):
    try:
        expected = re.search(text, value) is not None
    except re.error:
        with pytest.raises(BadRequest):
            finder(text)
        return
    assert finder(text)(value) == expected
    assert finder(text, ignore_case=True)(value) == bool(re.search(text, value, re.IGNORECASE))
    assert finder(text, at_start=True)(value) == bool(re.match(text, value))


@pytest.mark.parametrize("text", ["(a|a)*$", "(a+)+$", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_what_would_take_for_ever(text: str):
    assert finder(text)("a" * 20_000 + "!") in (True, False)


@pytest.mark.parametrize("text", ["(?=a)", r"(a)\1", "a" * 2000, "a{1000}{1000}{1000}"])
def test_what_is_refused(text: str):
    with pytest.raises(BadRequest):
        finder(text)
