"""Writes down what compute answers, whoever asks, for the conformance check to read: JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROOT = "/compute/"


def logged(app: ASGIApp, path: Path) -> ASGIApp:
    """Put a log of compute's answers around an application."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(ROOT):
            await app(scope, receive, send)
            return
        sent, answered = bytearray(), bytearray()
        start: Message = {}

        async def receiving() -> Message:
            message = await receive()
            sent.extend(message.get("body", b""))
            return message

        async def sending(message: Message) -> None:
            start.update(message if message["type"] == "http.response.start" else {})
            answered.extend(message.get("body", b""))
            await send(message)

        await app(scope, receiving, sending)
        line = json.dumps(entry(scope, bytes(sent), start, bytes(answered))) + "\n"
        with path.open("ab", buffering=0) as file:  # several processes append: a line is one write
            file.write(line.encode())

    return call


def entry(scope: Scope, sent: bytes, start: Message, answered: bytes) -> dict[str, Any]:
    """Return what the log holds of one exchange."""
    headers = Headers(raw=[(name.lower(), value) for name, value in start["headers"]])
    return {
        "method": scope["method"],
        "path": scope["path"],
        "request": sent.decode(errors="replace"),
        "version": headers.get("x-openstack-nova-api-version"),
        "status": start["status"],
        "body": json.loads(answered) if answered and "json" in headers.get("content-type", "") else None,
    }
