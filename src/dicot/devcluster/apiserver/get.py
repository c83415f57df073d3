"""GET of one object."""

from dicot.devcluster.apiserver import views
from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.call import Answer, Call
from dicot.devcluster.apiserver.options import parse_version
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import bad_request, not_found, too_large_version
from dicot.devcluster.apiserver.store import Record


def existing(api: Api, resource: Resource, namespace: str, name: str) -> Record:
    """Return an object's record; 404 where there is none."""
    record = api.find(resource, namespace, name)
    if record is None:
        raise not_found(resource, name)
    return record


def handle(call: Call) -> Answer:
    """Answer with one object, in the form that was asked for."""
    check_version(call.api, call.query.get("resourceVersion", ""))
    record = existing(call.api, call.resource, call.target.namespace, call.target.name)
    return views.answer_object(call, record)


def check_version(api: Api, text: str) -> int:
    """Read the resourceVersion of a read; 504 where it has not happened yet."""
    if not text:
        return 0
    sentence = f'invalid resource version: resourceVersion: Invalid value: "{text}": '
    asked = parse_version(text, bad_request(f'{sentence}strconv.ParseUint: parsing "{text}": invalid syntax'))
    if asked > api.store.revision:
        raise too_large_version(asked, api.store.revision)
    return asked
