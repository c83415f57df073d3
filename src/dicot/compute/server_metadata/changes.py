"""Every microversion that changed a server's metadata, newest first.

Contracts: `create`, `update_all`, `update`; `index` and `show` (queries).
"""

from __future__ import annotations

from dicot.api.microversion import Change, History
from dicot.compute import parameters as p
from dicot.compute.server_metadata import schema

HISTORY = History(
    {
        "create": schema.WHOLE,
        "update_all": schema.WHOLE,
        "update": schema.ITEM,
        "index": p.NO_QUERY,
        "show": p.NO_QUERY,
    },
    Change("2.102", "Unknown query parameters are refused.", index=p.tolerate, show=p.tolerate),
)
