"""What Keystone accepts of domains, as data."""

from dicot.identity import schemas
from dicot.identity.projects.schema import TAGS

_PROPERTIES = {
    "description": {**schemas.TEXT_OR_NULL, "maxLength": 255},
    "enabled": schemas.FLAG,
    "explicit_domain_id": schemas.ID,
    "name": schemas.name(64),
    "tags": TAGS,
    "options": schemas.NO_OPTIONS,
}
KNOWN = frozenset({*_PROPERTIES, "id", "links", "extra"})

CREATE = schemas.wrapped("domain", schemas.create(_PROPERTIES, "name"))
UPDATE = schemas.wrapped("domain", schemas.update(_PROPERTIES))
