"""What Keystone accepts of users, as data."""

from dicot.identity import schemas

_PASSWORD = {"type": ["string", "null"], "maxLength": 4096}
_FLAG_OR_NULL = {"type": ["boolean", "null"]}
_OPTIONS = {
    "type": "object",
    "properties": {
        # Passwords do not expire here, so whoever is exempt is like everyone.
        "ignore_change_password_upon_first_use": _FLAG_OR_NULL,
        "ignore_password_expiry": _FLAG_OR_NULL,
        "ignore_lockout_failure_attempts": _FLAG_OR_NULL,
        "ignore_user_inactivity": _FLAG_OR_NULL,
        "lock_password": _FLAG_OR_NULL,
    },
    "additionalProperties": False,
}
_PROPERTIES = {
    "default_project_id": schemas.ID_OR_NULL,
    "description": schemas.TEXT_OR_NULL,
    "email": schemas.TEXT_OR_NULL,
    "domain_id": schemas.ID,
    "enabled": schemas.FLAG,
    "federated": {"type": "array"},
    "name": schemas.name(255),
    "password": _PASSWORD,
    "options": _OPTIONS,
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
