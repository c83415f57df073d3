"""What Keystone accepts of application credentials, as data."""

from dicot.identity import schemas

CREATE = {
    "type": "object",
    "properties": {
        "application_credential": {
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "secret": {**schemas.TEXT_OR_NULL, "maxLength": 4096},
                "name": schemas.name(255),
                "description": schemas.TEXT_OR_NULL,
                "expires_at": schemas.TEXT_OR_NULL,
                "project_id": {"type": "string"},
                "access_rules": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "id": schemas.ID,
                            "path": {"type": "string", "minLength": 0, "maxLength": 225, "pattern": r"^/\.*"},
                            "service": schemas.ID,
                            "method": {"type": "string", "enum": ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]},
                        },
                    },
                },
                "unrestricted": {"type": ["boolean", "null"]},
                "system": schemas.TEXT_OR_NULL,
                "roles": {"type": "array", "items": schemas.ROLE},
            },
            "additionalProperties": False,
            "required": ["name"],
        }
    },
    "required": ["application_credential"],
    "additionalProperties": False,
}
