"""Namespaces' life: what may be created in one, what may be deleted, and how a deleted one is emptied."""

from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import forbidden, not_found
from dicot.devcluster.apiserver.store import Event, Record

NAMESPACES = ("", "namespaces")
SERVICE_ACCOUNTS = ("", "serviceaccounts")
PERMANENT = ("default", "kube-system", "kube-public", "kube-node-lease")


def check_open(api: Api, resource: Resource, namespace: str, name: str) -> None:
    """Refuse to create in a namespace that is missing (404) or terminating (403)."""
    record = api.store.get(NAMESPACES, namespace)
    if record is None:
        kind = api.registry.of_bucket(NAMESPACES)
        assert kind is not None
        raise not_found(kind, namespace)
    if "deletionTimestamp" in record.body["metadata"]:
        cause = {
            "reason": "NamespaceTerminating",
            "message": f"namespace {namespace} is being terminated",
            "field": "metadata.namespace",
        }
        why = f"unable to create new content in namespace {namespace} because it is being terminated"
        raise forbidden(resource, name, why, causes=[cause])


def check_deletable(resource: Resource, record: Record) -> None:
    """Refuse to delete the namespaces that every cluster has."""
    if resource.bucket == NAMESPACES and record.key in PERMANENT[:3]:
        raise forbidden(resource, record.key, "this namespace may not be deleted")


def contents(api: Api, namespace: str) -> list[Record]:
    """Return everything in a namespace."""
    found: list[Record] = []
    for bucket in api.store.buckets():
        resource = api.registry.of_bucket(bucket)
        if resource is None or resource.namespaced:
            found += api.store.scan(bucket, f"{namespace}/")
    return found


def terminating(event: Event) -> str:
    """Return the namespace that an event may allow to be finished; empty where it does not."""
    record = event.new or event.old
    if record is None:
        return ""
    if record.bucket == NAMESPACES:
        return record.key if event.new and "deletionTimestamp" in record.body["metadata"] else ""
    return record.body["metadata"].get("namespace", "") if event.new is None else ""
