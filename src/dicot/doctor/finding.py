"""One line of what `dicot doctor` says. Pure."""

from __future__ import annotations

import msgspec

OK, WARNING, BAD = "ok", "warn", "FAIL"


class Finding(msgspec.Struct, frozen=True):
    """What was found, how grave it is, and what to do about it ("" if nothing)."""

    grade: str
    what: str
    advice: str = ""

    def line(self) -> str:
        """Spell it for a terminal."""
        return f"{self.grade:<4}  {self.what}" + (f"\n      -> {self.advice}" if self.advice else "")


def ok(what: str) -> Finding:
    """Say that something works."""
    return Finding(OK, what)


def warn(what: str, advice: str) -> Finding:
    """Say that Dicot works, but something does not."""
    return Finding(WARNING, what, advice)


def bad(what: str, advice: str) -> Finding:
    """Say that Dicot does not work like this."""
    return Finding(BAD, what, advice)


def version(text: str) -> tuple[int, int]:
    """Read major and minor of "v1.36.2"; (0, 0) if it is none."""
    parts = text.removeprefix("v").split(".")
    try:
        return int(parts[0]), int("".join(char for char in parts[1] if char.isdecimal()))
    except (IndexError, ValueError):
        return 0, 0
