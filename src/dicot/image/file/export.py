"""Reading an image's data back: a VirtualMachineExport of its claim, for as long as the download lasts."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import structlog

from dicot import names
from dicot.api.errors import Conflict, Unavailable
from dicot.cluster import Cluster
from dicot.image.file.waiting import looks
from dicot.kube import errors as kube
from dicot.kube.client import Client
from dicot.kube.kinds import SECRETS, VM_EXPORTS

Json = dict[str, Any]

READY_S = 120.0
CHUNK_BYTES = 256 * 1024
TTL = "1h"
"""KubeVirt removes an export then, whatever became of the replica that made it."""
TOKEN_HEADER = "x-kubevirt-export-token"  # noqa: S105 - the name of a header

log = structlog.get_logger(__name__)


def manifest(namespace: str, claim: str) -> Json:
    """Export one claim under a random name, opened by a token in a Secret of the same name."""
    name = f"{names.slug(claim)}-{secrets.token_hex(4)}"
    return {
        "apiVersion": VM_EXPORTS.api_version,
        "kind": VM_EXPORTS.kind,
        "metadata": {"name": name, "namespace": namespace, "labels": dict(names.MANAGED_BY)},
        "spec": {
            "source": {"apiGroup": "", "kind": "PersistentVolumeClaim", "name": claim},
            "tokenSecretRef": name,
            "ttlDuration": TTL,
        },
    }


def token_secret(export: Json, token: str) -> Json:
    """Hold the token that opens an export; it goes when the export goes."""
    meta = export["metadata"]
    owner = {"apiVersion": VM_EXPORTS.api_version, "kind": VM_EXPORTS.kind, "name": meta["name"], "uid": meta["uid"]}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": meta["name"],
            "namespace": meta["namespace"],
            "labels": dict(names.MANAGED_BY),
            "ownerReferences": [owner],
        },
        "stringData": {"token": token},
    }


@asynccontextmanager
async def opened(cluster: Cluster, client: Client, namespace: str, claim: str) -> AsyncGenerator[Reader]:
    """Export a claim while the context lasts; Conflict if it is in use, Unavailable if KubeVirt is too slow."""
    export = await client.create(VM_EXPORTS, manifest(namespace, claim), namespace)
    name, token = export["metadata"]["name"], secrets.token_urlsafe(24)
    try:
        await client.create(SECRETS, token_secret(export, token), namespace)
        yield Reader(cluster, await _ready(client, name, namespace), token)
    finally:
        try:
            await client.delete(VM_EXPORTS, name, namespace)
        except kube.NotFound:
            log.info("export was removed by another", export=f"{namespace}/{name}")
        except kube.KubeError as error:
            log.warning("export is left to its time limit", export=f"{namespace}/{name}", error=str(error))


async def _ready(client: Client, name: str, namespace: str) -> Json:
    reason = ""
    async for _ in looks(READY_S):
        try:
            state = (await client.get(VM_EXPORTS, name, namespace)).get("status") or {}
        except kube.NotFound as error:
            raise Unavailable("The image's data could not be read: its export was removed.") from error
        if state.get("phase") == "Ready" and state.get("links"):
            return dict(state["links"])
        ready = next((one for one in state.get("conditions") or () if one["type"] == "Ready"), Json())
        reason = str(ready.get("reason", ""))
    if "InUse" in reason:
        raise Conflict("The image's data is in use, and cannot be read now.")
    raise Unavailable(f"The image's data is not ready to be read: {reason or 'no answer'}.")


class Reader:
    """Where an export's bytes are, and what opens them."""

    def __init__(self, cluster: Cluster, links: Json, token: str) -> None:
        """Take the links that KubeVirt gives: from inside the cluster first, as that way is shorter."""
        self._client = cluster.client
        self._token = token
        self._places = [
            (one["url"], link.get("cert") or None)
            for link in (links.get("internal"), links.get("external"))
            for volume in (link or {}).get("volumes") or ()
            for one in volume.get("formats") or ()
            if link and one["format"] == "raw"
        ]

    @asynccontextmanager
    async def response(self, start: int = 0, stop: int | None = None) -> AsyncGenerator[aiohttp.ClientResponse]:
        """Open the bytes from `start` up to before `stop`, at the first place that can be reached."""
        headers = {TOKEN_HEADER: self._token, "Accept-Encoding": "identity"}
        if start or stop is not None:
            headers["Range"] = f"bytes={start}-{'' if stop is None else stop - 1}"
        for position, (url, ca_pem) in enumerate(self._places):
            stream = self._client.stream("GET", url, headers=headers, ca_pem=ca_pem)
            try:
                found = await stream.__aenter__()
            except kube.Unavailable:
                if position == len(self._places) - 1:
                    raise
                continue
            try:
                yield found
            finally:
                await stream.__aexit__(None, None, None)
            return
        raise Unavailable("The export offers no raw data.")


async def cut(response: aiohttp.ClientResponse, start: int, stop: int) -> AsyncIterator[bytes]:
    """Yield exactly the bytes from `start` to before `stop`, whether or not the server heeded the Range.

    A file system claim is larger than the image in it: the rest is not the image's.
    """
    skip = 0 if response.status == 206 else start
    left = stop - start
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        part = chunk[skip:]
        skip = max(0, skip - len(chunk))
        if part:
            yield part[:left]
            left -= len(part[:left])
        if left <= 0:
            return
    raise kube.Unavailable(f"the export ended {left} bytes too early", status=502)
