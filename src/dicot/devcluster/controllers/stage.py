"""Behaviour as data: a stage says when it applies to an object, after which delay, and what it then does.

Pure: stages read objects and name effects; only the player acts. Seen as kwok does it: the engine knows no kind.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from dicot.kube import Json
from dicot.kube.errors import KubeError
from dicot.kube.kinds import Kind

if TYPE_CHECKING:
    from dicot.devcluster.controllers.machinery import Machinery
    from dicot.devcluster.controllers.world import World


class Change(msgspec.Struct, frozen=True):
    """Merge-patch the stage's own object, only if nobody changed it meanwhile."""

    patch: Json
    subresource: str | None = None


class Patch(msgspec.Struct, frozen=True):
    """Merge-patch another object; one that is gone is passed over."""

    kind: Kind
    name: str
    namespace: str
    patch: Json
    subresource: str | None = None


class Create(msgspec.Struct, frozen=True):
    """Create an object; one that is there already is passed over."""

    kind: Kind
    body: Json
    status: Json | None = None


class Delete(msgspec.Struct, frozen=True):
    """Delete one particular object (by uid, and by version if one is given); one that is gone is passed over.

    `grace_s` is how long a pod may still take; None leaves it to the pod.
    """

    kind: Kind
    name: str
    namespace: str
    uid: str
    resource_version: str | None = None
    grace_s: int | None = None


class Event(msgspec.Struct, frozen=True):
    """Record a v1 Event about the stage's own object, or about another."""

    reason: str
    message: str
    type: str = "Normal"
    component: str = "virt-controller"
    about: tuple[Kind, Json] | None = None


class Run(msgspec.Struct, frozen=True):
    """Do what no Kubernetes object can show: bytes of disks, lines of serial consoles. Must be idempotent."""

    action: Callable[["Machinery"], Awaitable[None]]


Effect = Change | Patch | Create | Delete | Event | Run


class Stage(msgspec.Struct, frozen=True):
    """One step in the life of an object: when this, after that delay (seconds), these effects.

    `hold_s` computes a further delay, which a scaled clock shortens; `until` names a moment, which it does not.
    `on_error` names what to do when Kubernetes refuses an effect. `alone`: objects in such a stage have their turns one
    after another, each judged by what the one before has done.
    """

    name: str
    when: Callable[[Json, "World"], Any]
    then: Callable[[Json, "World", datetime], list[Effect]]
    after_s: float = 0.0
    hold_s: Callable[[Json, "World", datetime], float] | None = None
    until: Callable[[Json], datetime] | None = None
    on_error: Callable[[Json, "World", datetime, KubeError], list[Effect]] | None = None
    alone: bool = False


Stages = tuple[Stage, ...]
NEVER = datetime.max.replace(tzinfo=UTC)


def halted(name: str, when: Callable[[Json, "World"], Any]) -> Stage:
    """Make a stage that only its own end ends: while it holds, none that comes after it is played."""
    return Stage(name, when, lambda *_: [], until=lambda _: NEVER)


def first(stages: Stages, obj: Json, world: "World") -> Stage | None:
    """Find the stage that the object is in: the first whose `when` holds."""
    return next((stage for stage in stages if stage.when(obj, world)), None)


def status(changes: Json, *extra: Effect) -> list[Effect]:
    """Name the effects of a status change through the status subresource, then `extra`."""
    return [Change({"status": changes}, "status"), *extra]
