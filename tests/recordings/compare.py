"""Tells in which ways an answer differs from the recorded one: status, headers that matter, keys and JSON types."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import httpx2

from tests.recordings.exchanges import ID, Json, Words

PRESENT = ("x-openstack-request-id", "x-compute-request-id", "retry-after", "location")
"""Headers whose values differ from one answer to the next."""
SAME = (
    "openstack-api-version",
    "x-openstack-nova-api-version",
    "content-type",
    "content-md5",
    "content-range",
    "accept-patch",
)

STATED = {
    "OS-EXT-STS:power_state",
    "OS-EXT-STS:task_state",
    "OS-EXT-STS:vm_state",
    "admin_state_up",
    "bootable",
    "checksum",
    "cidr",
    "container_format",
    "device_owner",
    "disk_format",
    "enable_dhcp",
    "encrypted",
    "gateway_ip",
    "ip_version",
    "key_name",
    "locked",
    "locked_reason",
    "min_ram",
    "multiattach",
    "os_hash_value",
    "os_hidden",
    "port_security_enabled",
    "progress",
    "protected",
    "protocol",
    "router:external",
    "shared",
    "size",
    "status",
    "visibility",
}
"""What the same request must bring to the same value, and not only to the same type."""
EMPTY = "header content-type: none for an empty body"


def differences(recorded: Json, ours: httpx2.Response, words: Words) -> list[str]:
    """List the differences; of a refusal the whole body counts, else its shape."""
    if ours.status_code != recorded["status"]:
        return [f"status {ours.status_code}, recorded {recorded['status']}"]
    return [*headers(recorded["headers"], ours), *bodies(recorded, ours, words)]


def headers(recorded: list[list[str]], ours: httpx2.Response) -> Iterator[str]:
    """Compare the headers that matter."""
    wanted = httpx2.Headers([(name, value) for name, value in recorded])
    for name in PRESENT:
        if name in wanted and name not in ours.headers:
            yield f"header {name}: absent"
    if "content-type" in wanted and "content-type" not in ours.headers and not ours.content:
        yield EMPTY
        del wanted["content-type"]
    for name in SAME:
        if wanted.get(name) != ours.headers.get(name):
            yield f"header {name}: {ours.headers.get(name)}, recorded {wanted.get(name)}"
    lacking = _varies(wanted) - _varies(ours.headers)
    if lacking:
        yield f"header vary: lacks {', '.join(sorted(lacking))}"
    if wanted.get("www-authenticate", "").split("=")[0] != ours.headers.get("www-authenticate", "").split("=")[0]:
        yield f"header www-authenticate: {ours.headers.get('www-authenticate')}"


def _varies(given: httpx2.Headers) -> set[str]:
    return {one.strip().lower() for value in given.get_list("vary") for one in value.split(",")}


def bodies(recorded: Json, ours: httpx2.Response, words: Words) -> Iterator[str]:
    """Compare two bodies."""
    wanted = recorded["body"]
    if wanted is None:
        if len(ours.content) != recorded["body_bytes"]:
            yield f"body: {len(ours.content)} bytes, recorded {recorded['body_bytes']}"
        return
    try:
        real = ours.json()
    except json.JSONDecodeError:
        yield "body: not JSON"
        return
    if recorded["status"] < 400:
        yield from shapes(wanted, real, words, "")
    elif _plain(words.told(json.dumps(wanted))) != _plain(json.dumps(real)):
        yield f"body: {json.dumps(real)}, recorded {words.told(json.dumps(wanted))}"


def _plain(body: str) -> Any:
    """Read a refusal without the ids that were never shown before."""
    return json.loads(ID.sub("*", body))


def shapes(recorded: Any, ours: Any, words: Words, path: str) -> Iterator[str]:
    """Compare keys and types."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        yield from _objects(recorded, ours, words, path)
    elif isinstance(recorded, list) and isinstance(ours, list):
        if bool(recorded) != bool(ours):
            yield f"{path}: {'empty' if recorded else 'not empty'}"
        elif recorded:
            pairs = list(words.pairs(recorded, ours)) or [(recorded[0], ours[0])]
            found = (shapes(one, other, words, f"{path}[]") for one, other in pairs)
            yield from dict.fromkeys(itertools.chain.from_iterable(found))
    elif _type(recorded) != _type(ours):
        yield f"{path}: {_type(ours)}, recorded {_type(recorded)}"


def _objects(recorded: Json, ours: Json, words: Words, path: str) -> Iterator[str]:
    yield from (f"{path}.{key}: absent" for key in sorted(recorded.keys() - ours.keys()))
    yield from (f"{path}.{key}: added" for key in sorted(ours.keys() - recorded.keys()))
    for key, value in recorded.items():
        if key in STATED and key in ours and _plainly(value) and value != ours[key]:
            yield f"{path}.{key}: {ours[key]!r}, recorded {value!r}"
        elif key in ours:
            yield from shapes(value, ours[key], words, f"{path}.{key}")


def _plainly(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _type(value: Any) -> str:
    return "number" if type(value) in (int, float) else type(value).__name__
