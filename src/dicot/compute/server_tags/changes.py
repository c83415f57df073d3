"""A server's tags have not changed since 2.26 brought them. Contracts: `update_all`; `index` and `show` (queries)."""

from __future__ import annotations

from dicot.api.microversion import History
from dicot.compute import parameters as p
from dicot.compute.server_tags import schema

HISTORY = History({"update_all": schema.UPDATE_ALL, "index": p.ANY_QUERY, "show": p.ANY_QUERY})
