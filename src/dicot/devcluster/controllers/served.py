"""What the controllers serve through the API server: admission, subresources, upload tokens, serial logs.

The seams are the API server's register_* calls; on a real cluster they would be webhooks and APIServices.
"""

from typing import Any

from dicot.devcluster.controllers.data_server import Tokens
from dicot.devcluster.controllers.machinery import Machinery


def register(api: Any, machinery: Machinery, tokens: Tokens) -> None:
    """Register everything."""
