"""Every microversion that changed what is told of consoles' tokens, newest first. Contracts: `show` (a query)."""

from __future__ import annotations

from dicot.api.microversion import Change, Flag, History
from dicot.compute import parameters as p

TELLS_OF_RDP_ONLY = Flag("2.31", "Tokens of every console type are told, not of RDP alone.")

HISTORY = History(
    {"show": p.NO_QUERY},
    Change("2.99", "Unknown query parameters are refused.", show=p.tolerate),
)
