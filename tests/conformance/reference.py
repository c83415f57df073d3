"""What Nova itself says of its API: its routes, and the schemas attached to them. The only module that imports nova."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from nova.api.openstack import api_version_request
from nova.api.openstack.compute import routes
from nova.api.validation import validators

Json = dict[str, Any]

VERSIONS = tuple(f"2.{minor}" for minor in range(1, 105))
_NAMED = re.compile(r"\{[^}]*\}")


class Endpoint(msgspec.Struct, frozen=True):
    """One method of one path; of `POST .../action`, one action."""

    method: str
    path: str
    action: str = ""


class Call(msgspec.Struct, frozen=True):
    """The function of Nova's that answers an endpoint."""

    function: Any

    def exists(self, version: str) -> bool:
        """Tell whether this microversion has the call, if only to say that it is gone."""
        least = getattr(self.function, "min_version", None)
        most = getattr(self.function, "max_version", None)
        return _within(
            version, api_version_request.APIVersionRequest(least), api_version_request.APIVersionRequest(most)
        )

    def schema(self, kind: str, version: str) -> Json | None:
        """Return the schema of this version: kind is request_body, request_query or response_body."""
        if getattr(self.function, "removed", False):
            return None
        held = getattr(self.function, f"{kind}_schemas", None)
        if held is None:
            return None
        found = (schema for schema, least, most in held._schemas if _within(version, least, most))
        return next(found, None)


def _within(version: str, least: Any, most: Any) -> bool:
    return api_version_request.APIVersionRequest(version).matches(least, most)


def template(path: str) -> str:
    """Write a path without the names of its parameters, which differ."""
    return _NAMED.sub("{}", path)


def endpoints() -> dict[Endpoint, Call]:
    """Read all of Nova's routes."""
    return {endpoint: Call(function) for endpoint, function in _functions()}


def _functions() -> Iterator[tuple[Endpoint, Any]]:
    for path, methods in routes.ROUTE_LIST:
        if isinstance(methods, str):
            continue  # a redirection
        for method, (controller, name) in methods.items():
            main, others = controller.args
            if name != "action":
                yield Endpoint(method, template(path), ""), getattr(main, name)
                continue
            for one in (main, *others):
                for action, function in one.wsgi_actions.items():
                    yield Endpoint(method, template(path), action), getattr(one, function)


def fault(schema: Json, body: Any) -> str:
    """Return what Nova's own validator says of a body, or ""."""
    try:
        validators._SchemaValidator(schema, False, True).validate(body)
    except Exception as error:
        return str(error)
    return ""
