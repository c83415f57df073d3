"""Where Dicot's answers are known to differ from the recorded ones, a module for each service. Data only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple


class Listed(NamedTuple):
    """A known difference: why, what (`*` stands for anything), and in which exchanges (by name without number).

    What is listed must be found in every exchange named, unless it is found only `sometimes`.
    """

    reason: str
    what: str
    exchanges: tuple[str, ...]
    sometimes: bool = False

    def covers(self, exchange: str, difference: str) -> bool:
        """Tell whether it is this difference."""
        return self.concerns(exchange) and _fits(self.what, difference)

    def concerns(self, exchange: str) -> bool:
        """Tell whether it is listed for this exchange."""
        return any(_fits(one, exchange) for one in self.exchanges)

    def unused(self, found: Iterable[tuple[str, str]]) -> list[str]:
        """Name the exchanges in which it is not found any more."""
        met = [exchange for exchange, difference in found if self.covers(exchange, difference)]
        if self.sometimes:
            return []
        return [f"{one}: {self.what}" for one in self.exchanges if not any(_fits(one, name) for name in met)]


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None
