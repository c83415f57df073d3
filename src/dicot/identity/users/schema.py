"""What Keystone accepts of users, as data."""

from dicot.identity import schemas

_PASSWORD = {"type": ["string", "null"], "maxLength": 4096}
_PROPERTIES = {
    "default_project_id": schemas.ID_OR_NULL,
    "description": schemas.TEXT_OR_NULL,
    "email": schemas.TEXT_OR_NULL,
    "domain_id": schemas.ID,
    "enabled": schemas.FLAG,
    "federated": {"type": "array"},
    "name": schemas.name(255),
    "password": _PASSWORD,
    "options": schemas.OPTIONS,
}
KNOWN = frozenset({*_PROPERTIES, "id", "links", "extra", "password_expires_at"})

CREATE = schemas.wrapped("user", schemas.create(_PROPERTIES, "name"))
UPDATE = schemas.wrapped("user", schemas.update(_PROPERTIES))
CHANGE_PASSWORD = schemas.wrapped(
    "user",
    {
        "type": "object",
        "properties": {
            "original_password": {"type": "string"},
            "password": {"type": "string", "minLength": 1, "maxLength": 4096},
        },
        "required": ["original_password", "password"],
        "additionalProperties": False,
    },
)
