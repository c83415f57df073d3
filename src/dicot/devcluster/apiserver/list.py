"""GET of a collection: selectors, pages that see one consistent revision, and reads of past revisions."""

import base64
from collections.abc import Iterator
from typing import Any

import msgspec

from dicot.devcluster.apiserver import views
from dicot.devcluster.apiserver.call import Answer, Call
from dicot.devcluster.apiserver.get import check_version
from dicot.devcluster.apiserver.options import ListOptions, list_options
from dicot.devcluster.apiserver.selectors import compile_match, parse_fields, parse_labels
from dicot.devcluster.apiserver.status import bad_request, expired
from dicot.devcluster.apiserver.store import Record, page

Json = dict[str, Any]

_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without"
    " the continue parameter, or use the continue token in this response to retrieve the remainder of the results."
    " Continuing with the provided token results in an inconsistent list - objects that were created, modified, or"
    " deleted between the time the first chunk was returned and now may show up in the list."
)


class Token(msgspec.Struct):
    """A continue token: the revision (-1: the newest, inconsistently) and the key to start after."""

    v: str
    rv: int
    start: str


def handle(call: Call) -> Answer:
    """Answer with a page of a collection."""
    options = list_options(call.query, watch=False)
    match = compile_match(parse_labels(options.labels), parse_fields(options.fields, call.resource))
    revision, records = _source(call, options)
    if match is not None:
        records = (record for record in records if match(record.body))
    limit = 0 if options.resource_version == "0" else options.limit
    taken, left = page(records, limit)
    metadata: Json = {"resourceVersion": str(revision)}
    if left:
        metadata["continue"] = _encode(revision, taken[-1].key, _prefix(call))
        if match is None:
            metadata["remainingItemCount"] = left
    return views.answer_list(call, taken, metadata)


def _prefix(call: Call) -> str:
    return f"{call.target.namespace}/" if call.target.namespace and call.resource.namespaced else ""


def _source(call: Call, options: ListOptions) -> tuple[int, Iterator[Record]]:
    store, bucket, prefix = call.api.store, call.resource.bucket, _prefix(call)
    if options.continue_token:
        return _continued(call, options, prefix)
    asked = check_version(call.api, options.resource_version)
    if options.match != "Exact":
        return store.revision, store.scan(bucket, prefix)
    if asked < store.compacted:
        raise expired("The resourceVersion for the provided list is too old.")
    return asked, store.at(bucket, asked, prefix)


def _continued(call: Call, options: ListOptions, prefix: str) -> tuple[int, Iterator[Record]]:
    store = call.api.store
    if options.resource_version:
        raise bad_request("specifying resource version is not allowed when using continue")
    token = _decode(options.continue_token)
    after = prefix + token.start.lstrip("/").rstrip("\0")
    if token.rv < 0:
        return store.revision, store.scan(call.resource.bucket, prefix, after)
    if token.rv < store.compacted:
        raise expired(_TOO_OLD, continue_token=_encode(-1, after, prefix, slash=""))
    return token.rv, store.at(call.resource.bucket, token.rv, prefix, after)


def _encode(revision: int, key: str, prefix: str, *, slash: str = "/") -> str:
    token = Token("meta.k8s.io/v1", revision, f"{slash}{key.removeprefix(prefix)}\0")
    return base64.urlsafe_b64encode(msgspec.json.encode(token)).rstrip(b"=").decode()


def _decode(text: str) -> Token:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Token)
    except (ValueError, msgspec.MsgspecError):
        raise bad_request("invalid continue token: continue key is not valid") from None
