"""Kubernetes quantities ("1Gi", "500m") as exact numbers, and back."""

import re
from fractions import Fraction

PATTERN = re.compile(r"([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)")
_SUFFIXES = {
    "": Fraction(1), "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "k": Fraction(1000),
    "M": Fraction(10**6), "G": Fraction(10**9), "T": Fraction(10**12), "P": Fraction(10**15), "E": Fraction(10**18),
    "Ki": Fraction(1 << 10), "Mi": Fraction(1 << 20), "Gi": Fraction(1 << 30), "Ti": Fraction(1 << 40),
    "Pi": Fraction(1 << 50), "Ei": Fraction(1 << 60),
}  # fmt: skip
_BINARY = ("Ei", "Pi", "Ti", "Gi", "Mi", "Ki")
_DECIMAL = ("E", "P", "T", "G", "M", "k")


def parse(text: object) -> Fraction | None:
    """Return a quantity's value; None where it cannot be read."""
    found = re.fullmatch(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([A-Za-z]*))", str(text).strip())
    if found is None:
        return None
    number, exponent, suffix = found.groups()
    if exponent:
        return Fraction(number) * Fraction(10) ** int(exponent[1:])
    scale = _SUFFIXES.get(suffix or "")
    return None if scale is None else Fraction(number) * scale


def spell(value: Fraction, *, binary: bool) -> str:
    """Spell a value in the largest unit that keeps it whole."""
    if value == 0:
        return "0"
    for suffix in _BINARY if binary else _DECIMAL:
        if value % _SUFFIXES[suffix] == 0:
            return f"{value // _SUFFIXES[suffix]}{suffix}"
    return str(int(value)) if value.denominator == 1 else f"{int(value * 1000)}m"


def is_binary(text: object) -> bool:
    """Tell whether a quantity is spelt in binary units."""
    return str(text).endswith("i")
