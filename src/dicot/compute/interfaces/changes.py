"""Every microversion that changed a server's network interfaces, newest first.

Contracts: `create`; `index` and `show` (queries); `attachment` (answers).
"""

from __future__ import annotations

from dicot.api.microversion import Change, History, drop, without
from dicot.compute import parameters as p
from dicot.compute.interfaces import schema

HISTORY = History(
    {"create": schema.CREATE, "index": p.NO_QUERY, "show": p.NO_QUERY},
    Change("2.102", "Unknown query parameters are refused.", index=p.tolerate, show=p.tolerate),
    Change("2.70", "Device tags are shown.", attachment=drop("tag")),
    Change("2.49", "Device tags.", create=without("tag", at="interfaceAttachment")),
)
