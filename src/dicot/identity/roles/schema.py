"""What Keystone accepts of roles, as data."""

from dicot.identity import schemas

_PROPERTIES = {
    "name": schemas.name(255),
    "description": schemas.TEXT_OR_NULL,
    "domain_id": schemas.ID_OR_NULL,
    "options": schemas.IMMUTABLE,
}
KNOWN = frozenset({*_PROPERTIES, "id", "links"})

CREATE = schemas.wrapped("role", schemas.create(_PROPERTIES, "name"))
UPDATE = schemas.wrapped("role", schemas.update(_PROPERTIES))
