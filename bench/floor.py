"""The floor: a bare ASGI application under Dicot's own server that returns the same bytes: status, headers, body.

Run as a process of its own: `python -m bench.floor PORT FOLDER`, where FOLDER has a file of JSON for each path.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from dicot import serving


def application(folder: Path) -> Any:
    """Return an ASGI application that answers a path with the file of its number, and does nothing else."""
    answers = {f"/{path.name}": _answer(json.loads(path.read_text())) for path in folder.iterdir()}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": message["type"] + ".complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        start, body = answers[scope["path"]]
        await send(start)
        await send(body)

    return app


def _answer(recorded: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Make the two messages of an answer, once."""
    headers = [(name.lower().encode(), value.encode()) for name, value in recorded["headers"]]
    start = {"type": "http.response.start", "status": recorded["status"], "headers": headers}
    return start, {"type": "http.response.body", "body": recorded["body"].encode()}


if __name__ == "__main__":
    serving.run(serving.until_stopped(application(Path(sys.argv[2])), "127.0.0.1", int(sys.argv[1])))
