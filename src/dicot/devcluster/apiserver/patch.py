"""PATCH: merge patch, JSON patch, strategic merge for built-in kinds, and server-side apply (in `apply`)."""

from typing import Any

import msgspec

from dicot.devcluster.apiserver import apply, jsonpatch, kinds, strategic, update, views
from dicot.devcluster.apiserver.call import Answer, Call
from dicot.devcluster.apiserver.decode import go_complaint, go_type
from dicot.devcluster.apiserver.get import existing
from dicot.devcluster.apiserver.layout import Layout
from dicot.devcluster.apiserver.options import WriteOptions, write_options
from dicot.devcluster.apiserver.status import ApiError, bad_request, failure, internal, modified, unsupported_media
from dicot.devcluster.apiserver.store import Record
from dicot.devcluster.apiserver.write import Write

Json = dict[str, Any]

_JSON_PATCH = "application/json-patch+json"
_MERGE = "application/merge-patch+json"
_STRATEGIC = "application/strategic-merge-patch+json"
_APPLY = "application/apply-patch+yaml"


def handle(call: Call) -> Answer:
    """Change an object by a patch."""
    accepted = [_JSON_PATCH, _MERGE, *([] if call.resource.custom else [_STRATEGIC]), _APPLY]
    if call.media_type not in accepted:
        raise unsupported_media(accepted)
    if call.media_type == _APPLY:
        return apply.handle(call, write_options(call.query, call.dry_run, "Apply", ""))
    options = write_options(call.query, call.dry_run, "Patch", call.manager)
    patch = _decoded(call)
    record = existing(call.api, call.resource, call.target.namespace, call.target.name)
    return views.answer_object(call, _patched(call, options, record, patch))


def _decoded(call: Call) -> Any:
    try:
        patch = msgspec.json.decode(call.body)
    except msgspec.DecodeError as wrong:
        raise bad_request(f"error decoding patch: {go_complaint(call.body, wrong)}") from None
    wanted, go = (
        (list, "[]handlers.jsonPatchOp") if call.media_type == _JSON_PATCH else (dict, "map[string]interface {}")
    )
    if not isinstance(patch, wanted):
        raise bad_request(f"error decoding patch: json: cannot unmarshal {go_type(patch)} into Go value of type {go}")
    wrong = next((item for item in patch if not isinstance(item, dict)), None) if isinstance(patch, list) else None
    if wrong is not None:
        go = "handlers.jsonPatchOp"
        raise bad_request(f"error decoding patch: json: cannot unmarshal {go_type(wrong)} into Go value of type {go}")
    return patch


def _patched(call: Call, options: WriteOptions, record: Record, patch: Any) -> Record:
    resource, name = call.resource, call.target.name
    before = views.at_version(resource, record.body)
    if call.media_type == _JSON_PATCH:
        try:
            body = jsonpatch.apply(before, patch)
        except jsonpatch.CannotApply:
            raise _unprocessable() from None
    elif call.media_type == _STRATEGIC:
        body = strategic.merge(before, patch, Layout(type=kinds.type_of(resource), root=True))
    else:
        body = jsonpatch.merge(before, patch)
    # The result is decoded afresh: from here on nothing of it may be shared with the stored object.
    body = msgspec.json.decode(msgspec.json.encode(body))
    if not isinstance(body, dict) or not isinstance(body.get("metadata"), dict):
        raise _unprocessable()
    update.check_name(body["metadata"], name)
    check_stale(call, record, body["metadata"].get("resourceVersion"))
    how = Write(
        api=call.api, resource=resource, user=call.user, manager=options.field_manager, dry_run=options.dry_run,
        validation=options.field_validation, subresource=call.target.subresource, warnings=call.warnings,
    )  # fmt: skip
    return update.replace(how, record, body)


def _unprocessable() -> ApiError:
    text = "the server rejected our request due to an error in our request"
    return ApiError(failure(422, text, reason="Invalid", details={}))


def check_stale(call: Call, record: Record, version: str | None) -> None:
    """409 where a patch names another revision than the object's."""
    if not version or version == "0":
        return
    if not version.isdigit():
        raise internal(f'strconv.ParseUint: parsing "{version}": invalid syntax')
    if version != str(record.revision):
        raise modified(call.resource, call.target.name)
