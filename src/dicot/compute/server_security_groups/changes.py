"""Every microversion that changed a server's security groups. Contract: `index` (a query)."""

from __future__ import annotations

from dicot.api.microversion import Change, History
from dicot.compute import parameters as p

HISTORY = History({"index": p.NO_QUERY}, Change("2.102", "Unknown query parameters are refused.", index=p.tolerate))
