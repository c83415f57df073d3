"""Objects as bytes, in the form that the Accept header asks for. Changes nothing."""

from typing import Any

import msgspec
import yaml

from dicot.devcluster.apiserver import conversion
from dicot.devcluster.apiserver.call import Answer, Call
from dicot.devcluster.apiserver.negotiation import Form, negotiate
from dicot.devcluster.apiserver.partial import partial_list, partial_object
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.store import Record
from dicot.devcluster.apiserver.table import table

Json = dict[str, Any]


def encoded(resource: Resource, record: Record) -> bytes:
    """Return an object's JSON at the version of a resource."""
    if resource.api_version == record.body.get("apiVersion"):
        return record.encoded
    return msgspec.json.encode(at_version(resource, record.body))


def at_version(resource: Resource, body: Json) -> Json:
    """Return an object as another version of its resource spells it (custom ones: conversion strategy None)."""
    return conversion.shown(resource, body)


def answer_object(call: Call, record: Record, status: int = 200) -> Answer:
    """Answer with a stored object."""
    form = negotiate(call.headers.get("accept", ""))
    if form.plain_json:
        return Answer(status, encoded(call.resource, record))
    return _shaped(call, form, at_version(call.resource, record.body), status)


def answer_body(call: Call, body: Json, status: int = 200) -> Answer:
    """Answer with an object that is not stored as it is (a dry run, a deletion)."""
    form = negotiate(call.headers.get("accept", ""))
    if form.plain_json:
        return Answer(status, msgspec.json.encode(at_version(call.resource, body)))
    return _shaped(call, form, at_version(call.resource, body), status)


def _shaped(call: Call, form: Form, body: Json, status: int) -> Answer:
    if form.shape == "Table":
        include = call.query.get("includeObject", "Metadata")
        metadata = {"resourceVersion": body["metadata"].get("resourceVersion", "")}
        return _written(form, table(call.resource, [body], metadata, include, call.api.clock.now()), status)
    if form.shape == "PartialObjectMetadata":
        return _written(form, partial_object(body), status)
    return _written(form, body, status)


def answer_list(call: Call, records: list[Record], metadata: Json) -> Answer:
    """Answer with a collection."""
    form = negotiate(call.headers.get("accept", ""))
    if form.plain_json:
        return Answer(200, _list_bytes(call.resource, records, metadata))
    bodies = [at_version(call.resource, record.body) for record in records]
    if form.shape == "Table":
        include = call.query.get("includeObject", "Metadata")
        return _written(form, table(call.resource, bodies, metadata, include, call.api.clock.now()), 200)
    if form.shape == "PartialObjectMetadataList":
        return _written(form, partial_list(bodies, metadata), 200)
    return _written(form, msgspec.json.decode(_list_bytes(call.resource, records, metadata)), 200)


def _list_bytes(resource: Resource, records: list[Record], metadata: Json) -> bytes:
    kind = resource.list_kind or f"{resource.kind}List"
    if resource.custom:
        head = f'{{"apiVersion":"{resource.api_version}","items":['.encode()
        tail = {"continue": "", **metadata}
        items = b",".join(encoded(resource, record) for record in records)
        return head + items + f'],"kind":"{kind}","metadata":'.encode() + msgspec.json.encode(tail) + b"}"
    head = f'{{"kind":"{kind}","apiVersion":"{resource.api_version}","metadata":'.encode()
    items = b",".join(_bare(resource, record) for record in records)
    return head + msgspec.json.encode(metadata) + b',"items":[' + items + b"]}"


def _bare(resource: Resource, record: Record) -> bytes:
    if resource.api_version == resource.stored_api_version:
        return record.bare
    body = at_version(resource, record.body)
    return msgspec.json.encode({k: v for k, v in body.items() if k not in ("apiVersion", "kind")})


def _written(form: Form, body: Json, status: int) -> Answer:
    if form.yaml:
        return Answer(status, yaml.safe_dump(body, sort_keys=True).encode(), "application/yaml")
    return Answer(status, msgspec.json.encode(body))
