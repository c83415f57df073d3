"""Changes of an image as JSON patches: what Glance reads of them, in its two dialects, and what they do. Pure."""

from __future__ import annotations

import pprint
import re
import textwrap
from collections.abc import Iterable
from typing import Any

import msgspec

from dicot.api.errors import BadRequest, Forbidden, TooLarge
from dicot.api.validation import Validator, describe
from dicot.image import faults
from dicot.image.images import schema

Json = dict[str, Any]

DRAFT_4, DRAFT_10 = "application/openstack-images-v2.0-json-patch", "application/openstack-images-v2.1-json-patch"
OPERATIONS = ("add", "remove", "replace")
READ_ONLY = {
    *("created_at", "updated_at", "status", "checksum", "size", "virtual_size", "os_hash_algo", "os_hash_value"),
    *("id", "self", "file", "schema", "direct_url", "stores"),
}
RESERVED = {"location", "deleted", "deleted_at"}
RESERVED_PREFIX = "os_glance"
BASE = {
    *("name", "visibility", "owner", "protected", "os_hidden", "tags"),
    *("min_disk", "min_ram", "disk_format", "container_format"),
}
"""What every image has: it may be replaced, never removed."""

TAGS_MAX, PROPERTIES_MAX = 128, 128
"""Glance's `image_tag_quota` and `image_property_quota`."""
_NAME_MAX = 255
_validator = Validator(schema.IMAGE)


class Change(msgspec.Struct, frozen=True):
    """One operation on one attribute or property."""

    operation: str
    name: str
    value: Any = None
    draft_4: bool = False


def validate(partial: Json) -> None:
    """Raise BadRequest, in Glance's sentence, if (a part of) an image does not fit its schema."""
    if not _validator.fits(partial):
        raise BadRequest(f"Provided object does not match schema 'image': {_wrong(partial)}")


def _wrong(partial: Json) -> str:
    """Tell the first error as Glance passes it on: python-jsonschema's words, the schema and the value."""
    error = _validator.first_error(partial)
    *parents, keyword = error.schema_path
    place, where = _index("schema", parents), _index("instance", error.instance_path)
    broken: Any = schema.IMAGE
    value: Any = partial
    for step in parents:
        broken = broken[step]
    for step in error.instance_path:
        value = value[step]
    return (
        f"{describe(error, schema.IMAGE)}\n\nFailed validating {keyword!r} in {place}:\n{_pretty(broken)}\n\n"
        f"On {where}:\n{_pretty(value)}"
    )


def _index(name: str, path: Iterable[str | int]) -> str:
    return name + "".join(f"[{step!r}]" for step in path)


def _pretty(value: Any) -> str:
    """Print a value as python-jsonschema does."""
    return textwrap.indent(pprint.pformat(value, width=72, sort_dicts=False), "    ")


def check_name(name: str) -> None:
    """Raise Forbidden for what nobody may write, BadRequest for a name that is too long."""
    if name in READ_ONLY:
        raise Forbidden(f"Attribute '{name}' is read-only.")
    if name in RESERVED or name.startswith(RESERVED_PREFIX):
        raise Forbidden(f"Attribute '{name}' is reserved.")
    if name == "locations":
        raise Forbidden("It's not allowed to update locations if locations are invisible.")
    if len(name) > _NAME_MAX:
        raise BadRequest("Custom property should not be greater than 255 characters.")


def read(media_type: str, body: Any) -> list[Change]:
    """Read a patch; 415 for another media type, 400 or 403 for what it may not say."""
    if media_type not in {DRAFT_4, DRAFT_10}:
        allowed = f"{DRAFT_4}, {DRAFT_10}"
        error = faults.unsupported(media_type, f"Image PATCH expects Content-Type one of: {allowed}")
        error.headers["Accept-Patch"] = allowed
        raise error
    if not isinstance(body, list):
        raise BadRequest("Request body must be a JSON array of operation objects.")
    return [_change(one, media_type == DRAFT_4) for one in body]


def _change(raw: Any, draft_4: bool) -> Change:
    if not isinstance(raw, dict):
        raise BadRequest("Operations must be JSON objects.")
    operation = _operation_4(raw) if draft_4 else _operation_10(raw)
    pointer = raw[operation] if draft_4 else raw.get("path")
    if not isinstance(pointer, str):
        raise BadRequest("Unable to find 'path' in JSON Schema change")
    name = _name(pointer)
    check_name(name)
    if operation == "remove":
        return Change(operation, name, draft_4=draft_4)
    if "value" not in raw:
        raise BadRequest(f'Operation "{operation}" requires a member named "value".')
    validate({name: raw["value"]})
    return Change(operation, name, raw["value"], draft_4)


def _operation_10(raw: Json) -> str:
    operation, available = raw.get("op"), ", ".join(OPERATIONS)
    if operation is None:
        raise BadRequest(
            f"Unable to find `op` in JSON Schema change. It must be one of the following: {available}.",
        )
    if operation not in OPERATIONS:
        raise BadRequest(f"Invalid operation: `{operation}`. It must be one of the following: {available}.")
    return str(operation)


def _operation_4(raw: Json) -> str:
    found = [one for one in OPERATIONS if one in raw]
    if len(found) != 1:
        count = "exactly" if not found else "only"
        raise BadRequest(
            f'Operation objects must contain {count} one member named "add", "remove", or "replace".',
        )
    return found[0]


def _name(pointer: str) -> str:
    """Decode a JSON pointer of one step."""
    if not pointer.startswith("/"):
        raise BadRequest(f'Pointer `{pointer}` does not start with "/".')
    if re.search(r"/\s*?/", pointer[1:]):
        raise BadRequest(f'Pointer `{pointer}` contains adjacent "/".')
    if len(pointer) > 1 and pointer.endswith("/"):
        raise BadRequest(f'Pointer `{pointer}` end with "/".')
    if re.search("~[^01]", pointer) or pointer.endswith("~"):
        raise BadRequest(f'Pointer `{pointer}` contains "~" not part of a recognized escape sequence.')
    steps = [part.replace("~1", "/").replace("~0", "~").strip() for part in pointer.lstrip("/").split("/")]
    if steps[0] in READ_ONLY:
        raise Forbidden(f"Attribute '{steps[0]}' is read-only.")
    if len(steps) != 1 or not steps[0]:
        raise BadRequest(f"Invalid JSON pointer for this resource: '/{'/'.join(steps)}'")
    return steps[0]


def apply(fields: Json, changes: list[Change], *, queued: bool) -> Json:
    """Return the fields after the changes; 409 for a property that is not there, 403 for what may not change now."""
    result: Json = {**fields, "properties": dict(fields["properties"])}
    for change in changes:
        if change.name in BASE:
            _apply_to_base(result, change, queued=queued)
        else:
            _apply_to_property(result["properties"], change)
    check_counts(result["tags"], result["properties"])
    return result


def check_counts(tags: list[str], properties: dict[str, str]) -> None:
    """Raise TooLarge for more tags or properties than Glance allows."""
    for what, held, most in (("tags", tags, TAGS_MAX), ("properties", properties, PROPERTIES_MAX)):
        if len(held) > most:
            raise TooLarge(
                f"The limit has been exceeded on the number of allowed image {what}. "
                f"Attempted: {len(held)}, Maximum: {most}"
            )


def _apply_to_base(fields: Json, change: Change, *, queued: bool) -> None:
    name = change.name
    if change.operation == "remove":
        raise faults.forbidden(f"Property {name} may not be removed.")
    if change.operation == "add" and change.draft_4:
        raise faults.conflict(f"Property {name} already present.")
    if name in {"disk_format", "container_format"} and not queued and change.value != fields[name]:
        raise Forbidden(f"Attribute {name} can be only replaced for a queued image.")
    check_minimum(name, change.value)
    fields[name] = list(dict.fromkeys(change.value)) if name == "tags" else change.value


def check_minimum(name: str, value: Any) -> None:
    """Raise BadRequest for a minimum of disk or memory that is negative, or that Glance's database could not hold."""
    if name in {"min_disk", "min_ram"} and value < 0:
        raise BadRequest(f"Invalid value '{value}' for parameter '{name}': Cannot be a negative value")
    if name in {"min_disk", "min_ram"} and value > 2**31 - 1:
        raise BadRequest(f"Invalid value '{value}' for parameter '{name}': Value must be less than 2147483648")


def _apply_to_property(properties: dict[str, str], change: Change) -> None:
    there = change.name in properties
    if change.operation == "add":
        if there and change.draft_4:
            raise faults.conflict(f"Property {change.name} already present.")
    elif not there:
        raise faults.conflict(f"Property {change.name} does not exist.")
    if change.operation == "remove":
        del properties[change.name]
    else:
        properties[change.name] = change.value
