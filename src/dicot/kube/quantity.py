"""Kubernetes quantities ("512Mi", "1.5G", "100m") as numbers. Pure."""

from __future__ import annotations

import math
import re
from fractions import Fraction

_SUFFIXES = {"": Fraction(1), "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000)}
_SUFFIXES |= {unit: Fraction(1000**power) for power, unit in enumerate("kMGTPE", start=1)}
_SUFFIXES |= {f"{unit}i": Fraction(1024**power) for power, unit in enumerate("KMGTPE", start=1)}
_FORM = re.compile(r"^([+-]?[0-9.]+)(?:[eE]([+-]?\d+)|([numkKMGTPE]i?)?)$")


def number(quantity: str | float) -> Fraction:
    """Read a quantity exactly; ValueError if it is none."""
    match = _FORM.match(str(quantity))
    if match is None or (match[3] or "") not in _SUFFIXES:
        raise ValueError(f"not a quantity: {quantity!r}")
    exponent = Fraction(10) ** int(match[2]) if match[2] else Fraction(1)
    return Fraction(match[1]) * exponent * _SUFFIXES[match[3] or ""]


def whole_bytes(quantity: str | float) -> int:
    """Read a quantity in bytes, rounded up as Kubernetes does."""
    return math.ceil(number(quantity))


def mebibytes(quantity: str | float) -> int:
    """Read a quantity in MiB, rounded down."""
    return number(quantity) // 1024**2


def gibibytes_up(quantity: str | float) -> int:
    """Read a quantity in GiB, rounded up."""
    return math.ceil(number(quantity) / 1024**3)
