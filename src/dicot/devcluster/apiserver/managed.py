"""metadata.managedFields: who wrote last, with which operation, and when."""

from typing import Any

from dicot.devcluster.apiserver.write import Write

Json = dict[str, Any]


def track(how: Write, old: Json | None, body: Json) -> None:
    """Say in the body's managedFields that this manager wrote it."""
    made: Json = {
        "manager": how.manager,
        "operation": "Update",
        "apiVersion": how.resource.api_version,
        "time": how.now,
        "fieldsType": "FieldsV1",
        "fieldsV1": {},
    }
    if how.subresource:
        made["subresource"] = how.subresource
    before: list[Json] = old["metadata"].get("managedFields", []) if old else []
    identity = ("manager", "operation", "apiVersion", "subresource")
    rest = [e for e in before if any(e.get(key) != made.get(key) for key in identity)]
    mine = [e for e in before if e not in rest]
    body["metadata"]["managedFields"] = before if mine and old and _unchanged(old, body) else [*rest, made]


def _unchanged(old: Json, body: Json) -> bool:
    drop = ("managedFields", "resourceVersion")
    before, after = ({k: v for k, v in b["metadata"].items() if k not in drop} for b in (old, body))
    return before == after and {**old, "metadata": 0} == {**body, "metadata": 0}
