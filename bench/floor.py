"""The floor: a bare ASGI application under Dicot's own server that returns the same bytes for each path.

Run as a process of its own: `python -m bench.floor PORT FOLDER`, where FOLDER has a file for each path.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from dicot import serving


def application(folder: Path) -> Any:
    """Return an ASGI application that answers a path with the file of its number, and does nothing else."""
    bodies = {f"/{path.name}": path.read_bytes() for path in folder.iterdir()}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": message["type"] + ".complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        body = bodies[scope["path"]]
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


if __name__ == "__main__":
    serving.run(serving.until_stopped(application(Path(sys.argv[2])), "127.0.0.1", int(sys.argv[1])))
