"""Every microversion that changed aggregates, newest first."""

from __future__ import annotations

from dicot.api.microversion import Change, History, drop
from dicot.compute import parameters as p
from dicot.compute.aggregates import schema

HISTORY = History(
    {
        "index": p.NO_QUERY,
        "show": p.NO_QUERY,
        "create": schema.CREATE,
        "update": schema.UPDATE,
        "add_host": schema.ADD_HOST,
        "remove_host": schema.REMOVE_HOST,
        "set_metadata": schema.SET_METADATA,
        "images": schema.IMAGES,
    },
    Change("2.102", "Unknown query keys are refused.", index=p.tolerate, show=p.tolerate),
    Change("2.41", "Aggregates have a UUID.", aggregate=drop("uuid")),
)
