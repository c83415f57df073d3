"""What Keystone accepts of projects, as data."""

from dicot.identity import schemas

TAG = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^,/]*$"}
TAGS = {"type": "array", "items": TAG, "maxItems": 80, "uniqueItems": True}
_PROPERTIES = {
    "description": schemas.TEXT_OR_NULL,
    "domain_id": schemas.ID_OR_NULL,
    "enabled": schemas.FLAG,
    "is_domain": schemas.FLAG,
    "parent_id": schemas.ID_OR_NULL,
    "name": schemas.name(64),
    "tags": TAGS,
    "options": schemas.NO_OPTIONS,
}
KNOWN = frozenset({*_PROPERTIES, "id", "links", "extra"})

CREATE = schemas.wrapped("project", schemas.create(_PROPERTIES, "name"))
UPDATE = schemas.wrapped("project", schemas.update(_PROPERTIES))
PUT_TAGS = schemas.wrapped("tags", TAGS)
