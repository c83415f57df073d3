"""Requests made from the route table, and what the five services' error answers must look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx2

from dicot.api.route import Route, Service
from dicot.app import SERVICES
from tests.scenarios.bodies import BODIES, Body
from tests.scenarios.occupied import OCTETS, Ids, headers, spelt

Json = dict[str, Any]

BY_NAME: Mapping[str, Service] = {service.name: service for service in SERVICES}


def title(route: Route) -> str:
    """Spell a route as the tables of tests do."""
    return f"{route.method} {route.path} {route.action}".rstrip()


def body_of(service: Service, route: Route) -> Body | None:
    """Return what a route takes."""
    return BODIES[service.name].get(title(route))


def url(service: Service, route: Route, ids: Ids) -> str:
    return f"{service.root}{spelt(service, route, ids)}"


def send(
    client: httpx2.Client, service: Service, route: Route, ids: Ids, token: str | None, *, content: bytes | None = None
) -> httpx2.Response:
    """Send the route's request with its valid body, or with another one."""
    sent = headers(service, route)
    if token is not None:
        sent["X-Auth-Token"] = token
    body = body_of(service, route)
    address = url(service, route, ids)
    if content is not None:
        media = body.media_type if body else "application/json"
        return client.request(route.method, address, content=content, headers={**sent, "Content-Type": media})
    if route.path.endswith(("/file", "/stage")):
        return client.request(route.method, address, content=b"data", headers={**sent, **OCTETS})
    if body is not None:
        kind = {"Content-Type": body.media_type}
        content = httpx2.Request("POST", "http://x", json=body.make(ids)).content
        return client.request(route.method, address, content=content, headers={**sent, **kind})
    if route.action:
        return client.request(route.method, address, json={route.action: {}}, headers=sent)
    return client.request(route.method, address, headers=sent)


def fault_of(service: Service, answer: httpx2.Response) -> str:
    """Tell what is wrong with an error answer's envelope; "" if it is the service's own."""
    try:
        body = answer.json()
    except ValueError:
        return f"not JSON: {answer.text[:80]!r}"
    code = answer.status_code
    if service.name == "identity" or (code == 401 and service.name != "image"):
        keys = {"code", "message", "title"}
        error = body.get("error")
        fits = isinstance(error, dict) and set(error) == keys and error["code"] == code
    elif service.name == "image":
        fits = set(body) == {"message", "code", "title"} and body["code"].startswith(f"{code} ")
    elif service.name == "network":
        error = body.get("NeutronError")
        fits = isinstance(error, dict) and set(error) == {"type", "message", "detail"} and bool(error["type"])
    elif service.name == "placement":
        (error,) = body.get("errors") or [None]
        fits = isinstance(error, dict) and {"title", "detail", "request_id"} < set(error) and error["status"] == code
    else:
        error = next(iter(body.values())) if len(body) == 1 else None
        fits = isinstance(error, dict) and set(error) >= {"code", "message"} and error["code"] == code
    return "" if fits else f"not the envelope of {service.name}: {answer.text[:120]}"


def routes() -> Iterator[tuple[Service, Route]]:
    """Return every route of every service."""
    for service in SERVICES:
        for route in service.routes:
            yield service, route
