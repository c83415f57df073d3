"""What Keystone accepts of groups, as data."""

from dicot.identity import schemas

_PROPERTIES = {
    "description": schemas.TEXT_OR_NULL,
    "domain_id": schemas.ID,
    "name": schemas.name(255),
}
KNOWN = frozenset({*_PROPERTIES, "id", "links", "extra"})

CREATE = schemas.wrapped("group", schemas.create(_PROPERTIES, "name"))
UPDATE = schemas.wrapped("group", schemas.update(_PROPERTIES))
