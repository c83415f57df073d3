"""CustomResourceDefinitions: what each stored one serves, and a short way to write one."""

from typing import Any

from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.resources import Column, Resource
from dicot.devcluster.apiserver.store import Event
from dicot.devcluster.apiserver.structural import Node
from dicot.devcluster.clock import timestamp

Json = dict[str, Any]
CRDS = ("apiextensions.k8s.io", "customresourcedefinitions")
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
_AGE = Column("Age", "date", ".metadata.creationTimestamp")


def definition(
    group: str, version: str, plural: str, kind: str, *, namespaced: bool = True, status: bool = False,
    schema: Json | None = None, short: tuple[str, ...] = (), also: tuple[str, ...] = (),
) -> Json:  # fmt: skip
    """Make a CRD manifest; without a schema every field is kept. `also` are further versions that are served."""
    shape = schema or {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    versions = []
    for name in (version, *also):
        entry: Json = {"name": name, "served": True, "storage": name == version, "schema": {"openAPIV3Schema": shape}}
        if status:
            entry["subresources"] = {"status": Json()}
        versions.append(entry)
    names: Json = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    if short:
        names["shortNames"] = list(short)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": names,
            "scope": "Namespaced" if namespaced else "Cluster",
            "versions": versions,
        },
    }


def resources_of(crd: Json) -> list[Resource]:
    """Return the resources that a CRD serves, one for each version."""
    spec = crd["spec"]
    storage = next((v["name"] for v in spec["versions"] if v.get("storage")), spec["versions"][0]["name"])
    return [_resource(spec, version, storage) for version in spec["versions"] if version.get("served")]


def _resource(spec: Json, version: Json, storage: str) -> Resource:
    names = spec["names"]
    subresources = version.get("subresources") or {}
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    columns = tuple(_column(column) for column in version.get("additionalPrinterColumns") or ())
    return Resource(
        group=spec["group"],
        version=version["name"],
        plural=names["plural"],
        kind=names["kind"],
        namespaced=spec["scope"] == "Namespaced",
        singular=names.get("singular") or names["kind"].lower(),
        list_kind=names.get("listKind") or f"{names['kind']}List",
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        subresources=("status",) if "status" in subresources else (),
        verbs=("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"),
        custom=True,
        schema=schema,
        structure=Node(schema) if schema is not None else None,
        scale=subresources.get("scale"),
        columns=columns or (_AGE,),
        selectable=tuple(f["jsonPath"].lstrip(".") for f in version.get("selectableFields") or ()),
        storage_version=storage,
    )


def _column(column: Json) -> Column:
    return Column(
        column["name"],
        column["type"],
        column["jsonPath"],
        column.get("description", ""),
        column.get("priority", 0),
        column.get("format", ""),
    )


def follow(api: Api, event: Event) -> None:
    """Serve what a created or changed CRD says; stop where it is gone."""
    record = event.new or event.old
    assert record is not None
    spec = record.body["spec"]
    bucket = (spec["group"], spec["names"]["plural"])
    api.registry.remove(bucket)
    if event.new is None:
        api.fanout.end_bucket(bucket)
        return
    for resource in resources_of(event.new.body):
        api.registry.add(resource)


def established(body: Json, now: float) -> Json:
    """Return the status of a CRD whose names are accepted."""
    stamp = timestamp(now)
    conditions = [
        {"lastTransitionTime": stamp, "message": text, "reason": reason, "status": "True", "type": kind}
        for kind, reason, text in (
            ("NamesAccepted", "NoConflicts", "no conflicts found"),
            ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        )
    ]
    stored = [v["name"] for v in body["spec"]["versions"] if v.get("storage")]
    return {"conditions": conditions, "acceptedNames": body["spec"]["names"], "storedVersions": stored}
