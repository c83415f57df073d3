"""DELETE of one object or of a collection: preconditions, finalizers, propagation policies."""

from typing import Any

import msgspec
import yaml

from dicot.devcluster.apiserver import views, write
from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.call import Answer, Call, answer_json
from dicot.devcluster.apiserver.get import existing
from dicot.devcluster.apiserver.namespaces import check_deletable
from dicot.devcluster.apiserver.options import DeleteOptions, delete_options, list_options
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.selectors import compile_match, parse_fields, parse_labels
from dicot.devcluster.apiserver.status import bad_request, conflict
from dicot.devcluster.apiserver.store import Record
from dicot.devcluster.apiserver.update import finished
from dicot.devcluster.apiserver.users import User
from dicot.devcluster.apiserver.write import Write
from dicot.devcluster.clock import timestamp

Json = dict[str, Any]
_FOREGROUND, _ORPHAN = "foregroundDeletion", "orphan"


def handle(call: Call) -> Answer:
    """Delete one object."""
    options = _options(call)
    record = existing(call.api, call.resource, call.target.namespace, call.target.name)
    left, gone = delete(call.api, call.resource, record, call.user, options, call.warnings)
    if not gone or call.resource.returns_deleted:
        return views.answer_object(call, left)
    return answer_json(_success(call.resource, left))


def handle_collection(call: Call) -> Answer:
    """Delete what the selectors match, and answer with it."""
    options = _options(call)
    wanted = list_options(call.query, watch=False)
    match = compile_match(parse_labels(wanted.labels), parse_fields(wanted.fields, call.resource))
    prefix = f"{call.target.namespace}/" if call.target.namespace and call.resource.namespaced else ""
    found = [r for r in call.api.store.scan(call.resource.bucket, prefix) if match is None or match(r.body)]
    for record in found:
        delete(call.api, call.resource, record, call.user, options, call.warnings)
    return views.answer_list(call, found, {"resourceVersion": str(call.api.store.revision)})


def _options(call: Call) -> DeleteOptions:
    body: Json = {}
    if call.body.strip():
        try:
            body = yaml.safe_load(call.body) if "yaml" in call.media_type else msgspec.json.decode(call.body)
        except (msgspec.DecodeError, yaml.YAMLError):
            raise bad_request("the body of a deletion must be DeleteOptions") from None
    if not isinstance(body, dict):
        raise bad_request("the body of a deletion must be DeleteOptions")
    return delete_options(call.query, call.dry_run, body)


def delete(
    api: Api, resource: Resource, record: Record, user: User, options: DeleteOptions, warnings: list[str]
) -> tuple[Record, bool]:
    """Delete an object, or mark it as deleted; returns what is left of it and whether it is gone."""
    _check_preconditions(resource, record, options)
    check_deletable(resource, record)
    how = Write(api=api, resource=resource, user=user, manager="", dry_run=options.dry_run, warnings=warnings)
    namespace = record.body["metadata"].get("namespace", "")
    asked = write.review(how, "DELETE", namespace, record.body, record.body)
    api.admission.validate(asked)
    marked = _marked(api, resource, record, options)
    if finished(marked):
        return (record if options.dry_run else api.store.delete(record)), True
    if marked["metadata"] == record.body["metadata"]:
        return record, False
    if options.dry_run:
        return Record(record.bucket, record.key, marked, record.revision), False
    return api.store.put(record.bucket, record.key, marked), False


def _check_preconditions(resource: Resource, record: Record, options: DeleteOptions) -> None:
    name, version = record.body["metadata"]["name"], str(record.revision)
    if options.uid and options.uid != record.uid:
        why = (
            f"the UID in the precondition ({options.uid}) does not match the UID in record ({record.uid})."
            " The object might have been deleted and then recreated"
        )
        raise conflict(resource, name, why, by_kind=True)
    if options.resource_version and options.resource_version != version:
        why = (
            f"the ResourceVersion in the precondition ({options.resource_version}) does not match the ResourceVersion"
            f" in record ({version}). The object might have been modified"
        )
        raise conflict(resource, name, why, by_kind=True)


def _marked(api: Api, resource: Resource, record: Record, options: DeleteOptions) -> Json:
    meta = dict(record.body["metadata"])
    finalizers = _finalizers(meta.get("finalizers", []), options.propagation, fresh="deletionTimestamp" not in meta)
    meta.pop("finalizers", None)
    if finalizers:
        meta["finalizers"] = finalizers
    body = {**record.body, "metadata": meta}
    if "deletionTimestamp" in meta:
        return body
    meta["deletionTimestamp"] = timestamp(api.clock.now())
    if resource.bucket == ("", "namespaces"):
        return {**body, "status": {**body.get("status", {}), "phase": "Terminating"}}
    meta["deletionGracePeriodSeconds"] = 0
    if resource.generation:
        meta["generation"] = meta.get("generation", 0) + 1
    return body


def _finalizers(had: list[str], propagation: str, *, fresh: bool) -> list[str]:
    if not propagation or not fresh:
        return had
    kept = [f for f in had if f not in (_FOREGROUND, _ORPHAN)]
    added = {"Foreground": [_FOREGROUND], "Orphan": [_ORPHAN]}.get(propagation, [])
    return [*kept, *added]


def _success(resource: Resource, record: Record) -> Json:
    details: Json = {"name": record.body["metadata"]["name"]}
    if resource.group:
        details["group"] = resource.group
    details |= {"kind": resource.plural, "uid": record.uid}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
