"""What the token in a console's link says, and where the link leads. Pure."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import msgspec

from dicot.api.token import Payload

ROOT = "/console"
"""Where Dicot serves consoles, beside the services."""
SOCKET = f"{ROOT}/websockify"
PAGE = f"{ROOT}/novnc/vnc_lite.html"
LONGEST = 8192
"""Characters of the longest token in a link that is looked at."""


class Link(msgspec.Struct, frozen=True, kw_only=True, tag_field="sealed", tag="console"):
    """One server's console, for one bearer of a token, until a time (seconds since the epoch).

    Named fields and a tag: what is sealed as a Link never opens as a token of identity, nor the reverse.
    `bearer` is the token as it was opened: who that is, and what they may, is found anew at each use.
    `uid` is the instance's: a link does not outlive it.
    """

    bearer: Payload
    type: str
    server_id: str
    namespace: str
    name: str
    uid: str
    expires_at: float


SUBRESOURCES = {"novnc": "vnc", "serial": "console"}
"""What KubeVirt calls the types of consoles that there are."""


def url(prefix: str, type_: str, token: str) -> str:
    """Return the address of a console: the page that shows a screen, or the WebSocket of a serial console."""
    if type_ == "serial":
        return f"ws{prefix.removeprefix('http')}{SOCKET}?token={token}"
    path = f"{urlsplit(prefix).path}{SOCKET}?token={token}".lstrip("/")
    return f"{prefix}{PAGE}?path={quote(path, safe='')}"
