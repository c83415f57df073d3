"""Which state a server must be in for what is asked of it, in Nova's sentences."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from dicot import names
from dicot.api.errors import Conflict
from dicot.api.request import Request
from dicot.compute.servers import lookup, marks
from dicot.compute.servers.status import State

Json = dict[str, Any]


def require_unlocked(request: Request, vm: Json) -> None:
    """Raise Conflict if the server is locked, but for an administrator."""
    if marks.LOCKED in names.annotations_of(vm) and not request.caller.cloud_admin:
        raise Conflict(f"Instance {names.identity_of(vm, lookup.NOUN)} is locked")


def require(vm: Json, state: State, action: str, allowed: Collection[str]) -> None:
    """Raise Conflict if the server is in none of these vm_states, or busy with something else."""
    server_id = names.identity_of(vm, lookup.NOUN)
    if state.vm_state not in allowed:
        raise cannot(action, server_id, "vm_state", state.vm_state)
    if state.task_state is not None:
        raise cannot(action, server_id, "task_state", state.task_state)


def cannot(action: str, server_id: str, attribute: str, value: str) -> Conflict:
    """Say that an action is impossible in this state."""
    return Conflict(f"Cannot '{action}' instance {server_id} while it is in {attribute} {value}")
