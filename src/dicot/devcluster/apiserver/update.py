"""PUT of an object or of its status, and the update that every kind of patch ends in."""

from typing import Any

from dicot.devcluster.apiserver import absent, core, managed, merging, metadata, quota, views, write
from dicot.devcluster.apiserver.call import Answer, Call
from dicot.devcluster.apiserver.decode import read_object
from dicot.devcluster.apiserver.escalation import check_escalation
from dicot.devcluster.apiserver.get import existing
from dicot.devcluster.apiserver.options import parse_version, write_options
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import bad_request, conflict, internal, invalid, invalid_value, modified
from dicot.devcluster.apiserver.store import Record
from dicot.devcluster.apiserver.write import Write

Json = dict[str, Any]


def handle(call: Call) -> Answer:
    """Replace an object, or its status, by the body."""
    resource, target = call.resource, call.target
    options = write_options(call.query, call.dry_run, "Update", call.manager)
    body, duplicates = read_object(call)
    how = Write(
        api=call.api, resource=resource, user=call.user, manager=options.field_manager, dry_run=options.dry_run,
        validation=options.field_validation, subresource=target.subresource, duplicates=duplicates,
        warnings=call.warnings,
    )  # fmt: skip
    meta: Json = body.setdefault("metadata", {})
    check_name(meta, target.name)
    metadata.check_namespace(resource, meta, target.namespace)
    record = existing(call.api, resource, target.namespace, target.name)
    check_version(resource, record, meta)
    check_uid(resource, record, meta)
    return views.answer_object(call, replace(how, record, body))


def check_name(meta: Json, name: str) -> None:
    """400 where the body names another object than the path."""
    if meta.setdefault("name", name) != name:
        raise bad_request(f"the name of the object ({meta['name']}) does not match the name on the URL ({name})")


def check_version(resource: Resource, record: Record, meta: Json) -> None:
    """409 where the body is of another revision than the object; custom resources must say theirs."""
    text, name = meta.get("resourceVersion") or "", meta["name"]
    asked = parse_version(text or "0", internal(f'strconv.ParseUint: parsing "{text}": invalid syntax'))
    if asked == 0:
        if resource.custom:
            cause = invalid_value("metadata.resourceVersion", 0, "must be specified for an update")
            raise invalid(resource, name, [cause], plural=True)
        return
    if asked != record.revision:
        raise modified(resource, name)


def check_uid(resource: Resource, record: Record, meta: Json) -> None:
    """409 where the body is of another object of the same name."""
    uid = meta.get("uid")
    if uid and uid != record.uid:
        key = f"/registry/{resource.group + '/' if resource.group else ''}{resource.plural}/{record.key}"
        why = (
            f"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition"
            f" failed: UID in precondition: {uid}, UID in object meta: {record.uid}"
        )
        raise conflict(resource, meta["name"], why)


def replace(how: Write, record: Record, body: Json) -> Record:
    """Put a new body in an object's place; returns the old record where nothing changed."""
    api, resource, old = how.api, how.resource, record.body
    if resource.plural == "customresourcedefinitions":
        absent.refuse_definition(body)
    body = write.shape(how, body)
    found = metadata.update_causes(old["metadata"], body["metadata"])
    if found:
        raise invalid(resource, old["metadata"]["name"], found)
    metadata.keep(old["metadata"], body["metadata"])
    body["apiVersion"] = resource.stored_api_version
    body = _narrowed(how, old, body)
    core.default(resource, body)
    managed.track(how, old, body)
    namespace = old["metadata"].get("namespace", "")
    api.admission.mutate(write.review(how, "UPDATE", namespace, body, old))
    write.fill(resource, body)
    check_escalation(api, how.user, resource, body, old)
    write.check(how, body, old)
    api.admission.validate(write.review(how, "UPDATE", namespace, body, old))
    _count_generation(resource, old, body)
    if same(old, body):
        return record
    quota.check(api, resource, namespace, body, old)
    return _stored(how, record, body)


def _stored(how: Write, record: Record, body: Json) -> Record:
    if finished(body):
        if not how.dry_run:
            how.api.store.delete(record)
        return Record(record.bucket, record.key, body, record.revision)
    if how.dry_run:
        return Record(record.bucket, record.key, body, record.revision)
    return how.api.store.put(record.bucket, record.key, body)


def finished(body: Json) -> bool:
    """Tell whether a deleted object has nothing left to wait for."""
    meta = body["metadata"]
    if "deletionTimestamp" not in meta or meta.get("finalizers"):
        return False
    is_namespace = body.get("kind") == "Namespace" and body.get("apiVersion") == "v1"
    return not (is_namespace and (body.get("spec") or {}).get("finalizers"))


def _narrowed(how: Write, old: Json, body: Json) -> Json:
    """Keep what this way of writing may not change: status, or everything but status."""
    if not how.subresource:
        if how.resource.has_status:
            body.pop("status", None)
            if "status" in old:
                body["status"] = merging.fresh(old["status"])
        if how.resource.bucket == ("", "namespaces"):
            body["spec"] = merging.fresh(old["spec"])
        return body
    kept = merging.fresh(old)
    part = {"status": "status", "finalize": "spec"}[how.subresource]
    kept.pop(part, None)
    if part in body:
        kept[part] = body[part]
    return kept


def _count_generation(resource: Resource, old: Json, body: Json) -> None:
    if not resource.generation:
        return
    ignored = ("metadata", "status", "apiVersion") if resource.has_status else ("metadata", "apiVersion")
    if {k: v for k, v in old.items() if k not in ignored} != {k: v for k, v in body.items() if k not in ignored}:
        body["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1


def same(old: Json, new: Json) -> bool:
    """Tell whether two bodies differ in nothing but their book-keeping."""
    return _essence(old) == _essence(new)


def _essence(body: Json) -> Json:
    meta = {k: v for k, v in body["metadata"].items() if k not in ("managedFields", "resourceVersion")}
    managers = [{k: v for k, v in e.items() if k != "time"} for e in body["metadata"].get("managedFields", ())]
    return {**body, "metadata": {**meta, "managedFields": managers}}
