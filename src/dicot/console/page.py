"""Serves the files of noVNC from where its own package put them; its page finds its WebSocket by its own query."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

PREFIX = "/console/novnc/"
HEADERS = {
    # The address of the page holds a token: nobody else is to hear of it, nor to show the page in a frame of theirs.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
}
_FOLDERS = ("app", "core", "include", "vendor")
_MISSING = (
    "noVNC is not installed here: there is no {place}/vnc_lite.html.\n"
    "Install it (Debian: novnc), or set novnc_directory to where it is. This console's WebSocket works without it.\n"
)


class Page:
    """Serves one directory, to be read only."""

    def __init__(self, directory: str) -> None:
        """Hold where noVNC is; whether it is there is looked at when someone asks."""
        self._root = Path(directory).resolve()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer GET and HEAD of a file of noVNC."""
        await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("Method not allowed\n", 405, {"Allow": "GET, HEAD"})
        name = scope["path"].removeprefix(PREFIX)
        place = (self._root / name).resolve()
        if _is_published(name) and place.is_relative_to(self._root) and place.is_file():
            return FileResponse(place, headers=HEADERS)
        if not (self._root / "vnc_lite.html").is_file():
            return PlainTextResponse(_MISSING.format(place=self._root), 501)
        return PlainTextResponse("No such file\n", 404)


def _is_published(name: str) -> bool:
    """Tell whether a name is one of noVNC's pages or below one of its folders: a package may hold more."""
    head, slash, _ = name.partition("/")
    return head in _FOLDERS if slash else name.endswith((".html", ".json"))
