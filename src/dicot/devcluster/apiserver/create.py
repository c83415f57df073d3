"""POST of an object."""

from typing import Any

from dicot.devcluster.apiserver import absent, core, managed, metadata, namespaces, quota, views, write
from dicot.devcluster.apiserver.api import key_of
from dicot.devcluster.apiserver.call import Answer, Call
from dicot.devcluster.apiserver.decode import read_object
from dicot.devcluster.apiserver.escalation import check_escalation
from dicot.devcluster.apiserver.options import write_options
from dicot.devcluster.apiserver.status import already_exists
from dicot.devcluster.apiserver.store import Record
from dicot.devcluster.apiserver.write import Write

Json = dict[str, Any]
_GENERATE_TRIES = 8


def handle(call: Call) -> Answer:
    """Create what the body says."""
    options = write_options(call.query, call.dry_run, "Create", call.manager)
    body, duplicates = read_object(call)
    how = Write(
        api=call.api, resource=call.resource, user=call.user, manager=options.field_manager, dry_run=options.dry_run,
        validation=options.field_validation, duplicates=duplicates, warnings=call.warnings,
    )  # fmt: skip
    made = create(how, body, call.target.namespace)
    return views.answer_object(call, made, 201) if isinstance(made, Record) else views.answer_body(call, made, 201)


def create(how: Write, body: Json, namespace: str = "") -> Record | Json:
    """Create an object, as a controller of the control plane does too; a dry run returns the body only."""
    api, resource = how.api, how.resource
    absent.refuse_creation(resource, body)
    body = write.shape(how, body)
    prepare(how, body, namespace)
    api.admission.mutate(write.review(how, "CREATE", namespace, body, None))
    write.fill(resource, body)
    check_escalation(api, how.user, resource, body, None)
    write.check(how, body, None)
    api.admission.validate(write.review(how, "CREATE", namespace, body, None))
    _refuse_existing(how, body, namespace)
    quota.check(api, resource, namespace, body, None)
    unheeded = absent.warning(resource, body)
    if unheeded:
        how.warnings.append(unheeded)
    if how.dry_run:
        return body
    return api.store.put(resource.bucket, key_of(resource, namespace, body["metadata"]["name"]), body)


def prepare(how: Write, body: Json, namespace: str) -> None:
    """Set what the server sets: name, uid, times, built-in defaults."""
    resource, meta = how.resource, body["metadata"]
    metadata.check_namespace(resource, meta, namespace)
    if resource.namespaced:
        namespaces.check_open(how.api, resource, namespace, meta.get("name", ""))
    metadata.begin(resource, meta, how.now)
    generated = bool(meta.get("generateName")) and not meta.get("name")
    for _ in range(_GENERATE_TRIES):
        metadata.generate_name(meta)
        if not generated or how.api.find(resource, namespace, meta["name"]) is None:
            break
        del meta["name"]
    if resource.has_status:
        body.pop("status", None)
    core.default(resource, body)
    managed.track(how, None, body)
    core.prepare(resource, body)
    body["apiVersion"] = resource.stored_api_version


def _refuse_existing(how: Write, body: Json, namespace: str) -> None:
    name = body["metadata"]["name"]
    there = how.api.find(how.resource, namespace, name)
    if there is not None:
        raise already_exists(how.resource, name, deleting="deletionTimestamp" in there.body["metadata"])
