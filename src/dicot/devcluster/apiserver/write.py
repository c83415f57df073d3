"""What create and update share: strictness, pruning, defaults, admission, validation. Stores nothing."""

from typing import Any

import msgspec

from dicot.devcluster.apiserver import conversion, core, kinds, metadata, rules, schema
from dicot.devcluster.apiserver.admission import Operation, Review
from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.decode import cannot_be_handled
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import Cause, invalid
from dicot.devcluster.apiserver.users import User
from dicot.devcluster.clock import timestamp

Json = dict[str, Any]


class Write(msgspec.Struct):
    """Who writes, how, and what there is to warn of."""

    api: Api
    resource: Resource
    user: User
    manager: str
    dry_run: bool = False
    validation: str = "Warn"
    subresource: str = ""
    applied: Json | None = None
    duplicates: list[str] = []
    warnings: list[str] = []

    @property
    def now(self) -> str:
        """The time, as metadata spells it."""
        return timestamp(self.api.clock.now())


def shape(write: Write, body: Json, *, defaults: bool = True) -> Json:
    """Give an object the shape of its kind: metadata typed, unknown fields gone (or refused), defaults in.

    Returns it as it is kept, which for most kinds is the object itself, changed in place.
    """
    resource = write.resource
    unknown = metadata.coerce(resource, body)
    if resource.structure is not None:
        unknown = schema.prune(resource.structure, body) + unknown
    elif not resource.custom:
        unknown = kinds.prune(resource, body) + unknown
        core.check_types(resource, body)
    _report(write, unknown)
    if defaults:
        fill(resource, body)
    return conversion.kept(resource, body)


def fill(resource: Resource, body: Json) -> None:
    """Fill in the schema's defaults."""
    if resource.structure is not None:
        schema.default(resource.structure, body)


def _report(write: Write, unknown: list[str]) -> None:
    sentences = [f'duplicate field "{path}"' for path in write.duplicates]
    sentences += [f'unknown field "{path}"' for path in unknown]
    if not sentences or write.validation == "Ignore":
        return
    if write.validation == "Strict":
        raise cannot_be_handled(write.resource, "strict decoding error: " + ", ".join(sentences))
    write.warnings.extend(sentences)


def review(write: Write, operation: Operation, namespace: str, body: Json, old: Json | None) -> Review:
    """Make what admission hooks look at."""
    return Review(
        operation=operation,
        resource=write.resource.qualified,
        subresource=write.subresource,
        namespace=namespace,
        name=body["metadata"].get("name", ""),
        object=body,
        old=old,
        user=write.user,
        dry_run=write.dry_run,
        warnings=write.warnings,
        get=write.api.get,
    )


def check(write: Write, body: Json, old: Json | None) -> None:
    """Refuse (422) an object that breaks a rule of its kind."""
    resource, name = write.resource, body["metadata"].get("name", "")
    found: list[Cause] = []
    if old is not None:
        found += metadata.update_causes(old["metadata"], body["metadata"])
    found += metadata.causes(resource, body["metadata"])
    nameless = bool(found) and not name
    if resource.structure is not None:
        wrong = schema.validate(resource.structure, body, (resource.scale or {}).get("specReplicasPath", ""))
        found += wrong or rules.causes(resource.structure, body, old)
    elif not resource.custom:
        found += core.causes(resource, body, old)
    if nameless and resource.custom and not any(c.field == "<nil>" for c in found):
        found += schema.unchecked()
    if found:
        raise invalid(resource, name, found)
    write.warnings.extend(metadata.finalizer_warnings(body["metadata"].get("finalizers", [])))
