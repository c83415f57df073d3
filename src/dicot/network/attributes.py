"""What a Neutron resource accepts, as data, and the check of a body against it in Neutron's own sentences.

The order is Neutron's (neutron_lib/api/attributes.py): envelope, owner, unknown names, missing ones, rights, values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from dicot.api.errors import BadRequest, Forbidden
from dicot.api.policy import Caller
from dicot.network import values
from dicot.network.values import Convert

Json = dict[str, Any]


class Unset:
    """The default of an attribute that may be left out and then stays out."""


UNSET = Unset()
REQUIRED = Unset()

BULK_MAX = 100
"""How many objects one request may create."""


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute: what it may be, when it may be written, by whom, and where it is kept.

    `field` is its key in the custom resource's spec ("" when it is computed); `admin` names who may set it to something
    else than its default; `secret` attributes are shown to administrators only.
    """

    field: str = ""
    default: Any = REQUIRED
    post: bool = True
    put: bool = True
    convert: Convert | None = None
    admin: bool = False
    secret: bool = False


Attributes = Mapping[str, Attribute]

READ_ONLY = Attribute(post=False, put=False)


def text(field: str, most: int = 255) -> Attribute:
    """Describe a text of at most `most` characters, empty by default."""
    return Attribute(field=field, default="", convert=values.text(most))


STANDARD: Attributes = {
    "id": READ_ONLY,
    "tenant_id": Attribute(default=UNSET, put=False),
    "project_id": Attribute(default=UNSET, put=False),
    "created_at": READ_ONLY,
    "updated_at": READ_ONLY,
    "revision_number": READ_ONLY,
}
"""What every resource has, and nobody may write but the owner at birth."""


def objects(body: Any, name: str, collection: str) -> tuple[list[Json], bool]:
    """Take the objects out of a create's body; the flag says whether it was a bulk."""
    if isinstance(body, dict) and collection in body:
        several = body[collection]
        if not isinstance(several, list) or not all(isinstance(one, dict) for one in several):
            raise BadRequest("Invalid input for operation: Body contains invalid data.", kind="InvalidInput")
        if not several:
            raise BadRequest("Resources required")
        if len(several) > BULK_MAX:
            raise BadRequest(f"At most {BULK_MAX} {collection} can be created by one request.")
        return several, True
    return [single(body, name)], False


def single(body: Any, name: str) -> Json:
    """Take the one object out of a body."""
    one = body.get(name) if isinstance(body, dict) else None
    if one is None:
        raise BadRequest(f"Unable to find '{name}' in request body")
    if not isinstance(one, dict):
        raise BadRequest("Body contains invalid data")
    return one


def for_create(attributes: Attributes, given: Json, caller: Caller, name: str) -> Json:
    """Check and complete the attributes of a new object."""
    given = _with_owner(given, caller, create=True)
    _known(attributes, given)
    values: Json = {}
    for key, attribute in attributes.items():
        if not attribute.post:
            if key in given:
                raise BadRequest(f"Attribute '{key}' not allowed in POST")
        elif key in given:
            values[key] = given[key]
        elif attribute.default is REQUIRED:
            raise BadRequest(f"Failed to parse request. Required attribute '{key}' not specified")
        elif attribute.default is not UNSET:
            values[key] = attribute.default
    _allowed(attributes, given, caller, f"create_{name}")
    return _converted(attributes, values)


def for_update(attributes: Attributes, given: Json, caller: Caller, name: str) -> Json:
    """Check the attributes to change."""
    given = _with_owner(given, caller, create=False)
    _known(attributes, given)
    for key in given:
        if not attributes[key].put:
            raise BadRequest(f"Cannot update read-only attribute {key}")
    _allowed(attributes, given, caller, f"update_{name}")
    return _converted(attributes, dict(given))


def _with_owner(given: Json, caller: Caller, *, create: bool) -> Json:
    """Make project_id and tenant_id agree (neutron_lib/api/attributes.py: populate_project_info)."""
    project, tenant = given.get("project_id"), given.get("tenant_id")
    if project is not None and tenant is not None and project != tenant:
        raise BadRequest("'project_id' and 'tenant_id' do not match")
    owner = project if project is not None else tenant
    if owner is not None and not caller.cloud_admin and owner != caller.project_id:
        raise BadRequest(
            "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin "
            "privileges"
        )
    if owner is None and create:
        owner = caller.project_id
        if not owner:
            raise BadRequest("Running without keystone AuthN requires that project_id is specified")
    return given if owner is None else {**given, "project_id": owner, "tenant_id": owner}


def _known(attributes: Attributes, given: Json) -> None:
    unknown = [key for key in given if key not in attributes]
    if unknown:
        raise BadRequest(f"Unrecognized attribute(s) '{', '.join(unknown)}'")


def _allowed(attributes: Attributes, given: Json, caller: Caller, action: str) -> None:
    """Refuse, as Neutron's policy engine does, what only administrators may set."""
    if caller.cloud_admin:
        return
    for key, value in given.items():
        attribute = attributes[key]
        if attribute.admin and not _same(attribute, value):
            raise Forbidden(
                f"(rule:{action} and rule:{action}:{key}) is disallowed by policy", kind="PolicyNotAuthorized"
            )


def _same(attribute: Attribute, value: Any) -> bool:
    """Tell whether a value is the default in another spelling."""
    if attribute.convert is None:
        return value == attribute.default
    return attribute.convert(value, "") == attribute.default


def _converted(attributes: Attributes, values: Json) -> Json:
    for key, value in values.items():
        convert = attributes[key].convert
        # A default is right as it stands, also where it could not be given: null, for one.
        if convert is not None and value is not attributes[key].default:
            values[key] = convert(value, key)
    return values


def spec(attributes: Attributes, values: Json) -> Json:
    """Return the part of values that a custom resource's spec keeps, by its own keys. Nested keys become camelCase."""
    return {
        attributes[key].field: to_camel(value)
        for key, value in values.items()
        if key in attributes and attributes[key].field
    }


def view(attributes: Attributes, kept: Json) -> Json:
    """Return what a spec says, by Neutron's names; what it does not say is the attribute's default."""
    return {
        key: to_snake(kept[attribute.field]) if attribute.field in kept else blank(attribute)
        for key, attribute in attributes.items()
        if attribute.field
    }


def blank(attribute: Attribute) -> Any:
    """Return what an attribute is when its object does not say: its default, or null."""
    return None if isinstance(attribute.default, Unset) else attribute.default


_FREE = frozenset({"profile"})
"""Keys below which the user's own keys stand."""


def _renamed(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {rename(key): one if key in _FREE else _renamed(one, rename) for key, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one, rename) for one in value]
    return value


def to_camel(value: Any) -> Any:
    """Rename keys as Kubernetes spells them: ip_address -> ipAddress."""
    return _renamed(value, camel)


def to_snake(value: Any) -> Any:
    """Rename keys as Neutron spells them: ipAddress -> ip_address."""
    return _renamed(value, snake)


def camel(name: str) -> str:
    """Spell one name as Kubernetes does."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def snake(name: str) -> str:
    """Spell one name as Neutron does."""
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)
