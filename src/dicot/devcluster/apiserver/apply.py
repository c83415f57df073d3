"""Server-side apply (application/apply-patch+yaml): merge, conflicts between managers, and fields let go."""

from typing import Any

import msgspec
import yaml

from dicot.devcluster.apiserver import create, fields, managed, merging, update, views, write
from dicot.devcluster.apiserver.call import Answer, Call
from dicot.devcluster.apiserver.decode import checked_kind
from dicot.devcluster.apiserver.fields import Path
from dicot.devcluster.apiserver.options import WriteOptions
from dicot.devcluster.apiserver.status import ApiError, bad_request, error, modified, not_found
from dicot.devcluster.apiserver.store import Record
from dicot.devcluster.apiserver.write import Write

Json = dict[str, Any]


def handle(call: Call, options: WriteOptions) -> Answer:
    """Make the object have what the body says, creating it where it is missing."""
    config = _config(call)
    how = Write(
        api=call.api, resource=call.resource, user=call.user, manager=options.field_manager, dry_run=options.dry_run,
        validation=options.field_validation, subresource=call.target.subresource, warnings=call.warnings,
    )  # fmt: skip
    layout = managed.layout_of(call.resource)
    config = write.shape(how, config, defaults=False)
    how.applied = fields.applied(_narrowed(how, config), layout)
    record = call.api.find(call.resource, call.target.namespace, call.target.name)
    if record is None:
        return _created(call, how, config)
    version = config["metadata"].pop("resourceVersion", "")
    if version and version != str(record.revision):
        raise modified(call.resource, call.target.name)
    return views.answer_object(call, update.replace(how, record, _merged(call, how, record, config, options.force)))


def _config(call: Call) -> Json:
    config = _decoded(call.body)
    if not isinstance(config, dict) or not config.get("apiVersion") or not config.get("kind"):
        kind = config.get("kind", "") if isinstance(config, dict) else ""
        raise bad_request(f"invalid object type: /, Kind={kind}")
    checked_kind(call.resource, config, call.body)
    metadata: Json = config.setdefault("metadata", {})
    if metadata.get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    update.check_name(metadata, call.target.name)
    return config


def _decoded(body: bytes) -> Any:
    """Read YAML; JSON, which most clients send, is YAML that can be read fifty times as fast."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        pass
    try:
        return yaml.safe_load(body)
    except yaml.YAMLError as wrong:
        raise bad_request(f"error decoding YAML: {wrong}") from None


def _narrowed(how: Write, config: Json) -> Json:
    """Return the part of a configuration that this way of writing may change."""
    if how.subresource:
        return {how.subresource: config[how.subresource]} if how.subresource in config else {}
    return {k: v for k, v in config.items() if k != "status"} if how.resource.has_status else config


def _created(call: Call, how: Write, config: Json) -> Answer:
    if how.subresource:
        raise not_found(call.resource, call.target.name)
    made = create.create(how, config, call.target.namespace)
    return views.answer_object(call, made, 201) if isinstance(made, Record) else views.answer_body(call, made, 201)


def _merged(call: Call, how: Write, record: Record, config: Json, force: bool) -> Json:
    live = record.body if call.resource.kept_as else views.at_version(call.resource, record.body)
    layout = managed.layout_of(call.resource)
    wanted = _narrowed(how, config)
    wanted.setdefault("metadata", {})
    body = merging.fresh(merging.merged(live, wanted, layout))
    entries: list[Json] = live["metadata"].get("managedFields", [])
    own = managed.own_entry(how, entries)
    others = [entry for entry in entries if entry is not own]
    if own is not None:
        for path in _let_go(own["fieldsV1"], how.applied or {}, others):
            merging.remove(body, path, layout)
    if not force:
        _refuse_conflicts(fields.difference(live, body, layout), others)
    return body


def _let_go(had: Json, has: Json, others: list[Json]) -> list[Path]:
    """Return what only this manager owned and no longer names, outermost first."""
    gone = [path for path in fields.members(had) if not fields.contains(has, path) and not _leads(has, path)]
    free = [path for path in gone if not any(_leads(entry["fieldsV1"], path) for entry in others)]
    return sorted(free, key=len)


def _leads(tree: Json, path: Path) -> bool:
    for part in path:
        if part not in tree:
            return False
        tree = tree[part]
    return True


def _refuse_conflicts(changes: fields.Changes, others: list[Json]) -> None:
    touched = [*changes.modified, *changes.added]
    found = [(entry, path) for entry in others for path in touched if fields.contains(entry["fieldsV1"], path)]
    if found:
        raise _conflict(found)


def _conflict(found: list[tuple[Json, Path]]) -> ApiError:
    causes: list[Json] = []
    by_manager: dict[str, list[str]] = {}
    for entry, path in sorted(found, key=lambda pair: (pair[0]["manager"], len(pair[1]), pair[1])):
        who = _named(entry)
        by_manager.setdefault(who, []).append(fields.shown(path))
        causes.append(
            {"reason": "FieldManagerConflict", "message": f"conflict with {who}", "field": fields.shown(path)}
        )
    if len(causes) == 1:
        text = f"Apply failed with 1 conflict: conflict with {_named(found[0][0])}: {causes[0]['field']}"
    else:
        parts = [f"conflicts with {who}:\n" + "\n".join(f"- {p}" for p in paths) for who, paths in by_manager.items()]
        text = f"Apply failed with {len(causes)} conflicts: " + "\n".join(parts)
    return error(409, text, causes=causes)


def _named(entry: Json) -> str:
    text = f'"{entry["manager"]}"'
    if entry.get("subresource"):
        text += f' with subresource "{entry["subresource"]}"'
    return text if entry["operation"] == "Apply" else f"{text} using {entry['apiVersion']} at {entry['time']}"
