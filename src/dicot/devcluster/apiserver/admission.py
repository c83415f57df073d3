"""Where what real clusters put into admission webhooks (KubeVirt's, CDI's) plugs in. Holds no behaviour itself.

A hook is called on create, update and delete, also for dry runs, before the object is validated against its schema.
It may change `review.object` in place, add to `review.warnings`, or raise `status.error(code, message, ...)`.
"""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from dicot.devcluster.apiserver.users import User

Json = dict[str, Any]
Operation = Literal["CREATE", "UPDATE", "DELETE"]


class Review(msgspec.Struct):
    """What a hook may look at and change."""

    operation: Operation
    resource: str
    subresource: str
    namespace: str
    name: str
    object: Json
    old: Json | None
    user: User
    dry_run: bool
    warnings: list[str]
    get: Callable[[str, str, str, str], Json | None]
    """Look an object up: `get(group, plural, namespace, name)`; do not change what it returns."""


Hook = Callable[[Review], None]


class Admission:
    """The hooks, by `plural.group`, in the order in which they were registered; mutating ones run first."""

    def __init__(self) -> None:
        self._mutating: dict[str, list[Hook]] = {}
        self._validating: dict[str, list[Hook]] = {}

    def register(self, resource: str, *, mutate: Hook | None = None, validate: Hook | None = None) -> None:
        """Call hooks for a resource, named `plural.group` ("pods" for the core group)."""
        if mutate is not None:
            self._mutating.setdefault(resource, []).append(mutate)
        if validate is not None:
            self._validating.setdefault(resource, []).append(validate)

    def mutate(self, review: Review) -> None:
        """Run the mutating hooks."""
        for hook in self._mutating.get(review.resource, ()):
            hook(review)

    def validate(self, review: Review) -> None:
        """Run the validating hooks."""
        for hook in self._validating.get(review.resource, ()):
            hook(review)
