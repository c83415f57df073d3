"""Storing an image's data: a DataVolume that CDI fills through its upload proxy, byte by byte as they come."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import structlog

from dicot import names
from dicot.api.errors import ApiError, BadRequest, Conflict, TooLarge, Unavailable
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.image.file import pulse, waiting
from dicot.image.file.header import Header
from dicot.image.file.receipt import Receipt
from dicot.image.images import manifest, spelling
from dicot.image.images.ownership import write
from dicot.image.images.status import given_up
from dicot.kube import errors as kube
from dicot.kube.kinds import (
    CDI_CONFIGS,
    CONFIG_MAPS,
    DATA_SOURCES,
    DATA_VOLUMES,
    STORAGE_CLASSES,
    STORAGE_PROFILES,
    UPLOAD_TOKEN_REQUESTS,
)

Json = dict[str, Any]

READY_S = 180.0
"""How long CDI may take until it listens for the data."""
STORED_S = 600.0
"""How long CDI may take, after the last byte, to say that it has them."""
ACTIVE_S = 600.0
"""How long an upload waits for CDI to convert what it received; then the image stays `saving` until that is done."""
UNDO_S = 60.0
IN_CLUSTER_PROXY = "https://cdi-uploadproxy.cdi.svc"
UPLOAD_PATH = "/v1beta1/upload-async"
_PROXY_CA = ("cdi-uploadproxy-signer-bundle", "ca-bundle.crt")
_GIB = 1024**3
_DEFAULT_CLASS = (
    "storageclass.kubevirt.io/is-default-virt-class",
    "storageclass.kubernetes.io/is-default-class",
)

log = structlog.get_logger(__name__)


def capacity(cluster: Cluster, source: Json, header: Header, receipt: Receipt) -> int:
    """Choose the size of an image's disk in bytes; TooLarge beyond what is allowed.

    The disk within, if the header tells; else what is to come, if the client tells; else what the image demands.
    """
    minimum = (spelling.number(source, spelling.MIN_DISK_GB) or 0) * _GIB
    if header.virtual_bytes is not None:
        wanted = header.virtual_bytes
    elif header.format in {"raw", "iso"} and receipt.length is not None:
        wanted = receipt.length
    else:
        wanted = minimum or cluster.config.image_default_bytes
        if header.format in {"raw", "iso"}:
            receipt.limit(wanted)
    if wanted > cluster.config.image_bytes_max:
        raise TooLarge(f"The incoming image is too large: {wanted} bytes of {cluster.config.image_bytes_max} allowed.")
    return wanted


async def mark(cluster: Cluster, caller: Caller, source: Json, *, staged: bool) -> Json:
    """Note whether the data of an image waits to be imported, before any comes; an attempt that died left its mark."""

    def decide(now: Json) -> Json:
        same = spelling.flag(now, spelling.STAGED) == staged
        return {} if same else {"annotations": {spelling.STAGED: "true" if staged else None}}

    return await write(cluster, caller, spelling.identity(source), "upload_image", decide)


async def store(
    cluster: Cluster, caller: Caller, source: Json, header: Header, receipt: Receipt, *, staged: bool = False
) -> None:
    """Store the data and record what it was; whatever fails, nothing of it stays and the image is queued again.

    No data at all is an empty disk, as in Glance; CDI's proxy would not take it.
    """
    size = capacity(cluster, source, header, receipt)
    source = await mark(cluster, caller, source, staged=staged)
    content: Json = {"blank": {}} if receipt.empty else {"upload": {}}
    volume = await begin(cluster, caller, source, content, size, "saving")
    try:
        if receipt.empty:
            await receipt.drain()
        else:
            async with pulse.beating(cluster, volume):
                await _fill(cluster, caller, volume, receipt)
        await _record(cluster, caller, source, header, receipt)
        if not await waiting.phase(cluster, volume, frozenset({"Succeeded"}), ACTIVE_S):
            log.warning("image data is still being converted", data_volume=volume["metadata"]["name"])
    except BaseException:
        await asyncio.shield(_undo(cluster, source, volume))
        raise


async def begin(cluster: Cluster, caller: Caller, source: Json, content: Json, size_bytes: int, status: str) -> Json:
    """Make the DataVolume of an image, in place of one that failed; Conflict if another is faster."""
    meta = source["metadata"]
    kind, namespace, name = spelling.origin(source)
    if kind != "pvc" or namespace != meta["namespace"]:
        raise Conflict(f"Image {spelling.identity(source)} shows data that are elsewhere: it takes none itself.")
    have = cluster.cache(DATA_VOLUMES).get(name, namespace)
    if have is not None and given_up(have) and names.identity_of(have, "image") == spelling.identity(source):
        await cluster.delete(caller, DATA_VOLUMES, have)
        await waiting.gone(cluster, have, UNDO_S)
    notes = pulse.until(datetime.now(UTC)) if "upload" in content else {}
    wanted = manifest.data_volume(source, content, size_bytes, access_modes(cluster), notes)
    try:
        return await cluster.create(caller, DATA_VOLUMES, wanted, meta["namespace"])
    except kube.AlreadyExists as error:
        raise Conflict(f"Image status transition from {status} to {status} is not allowed") from error
    except kube.QuotaExceeded as error:
        raise TooLarge(f"Denying attempt to upload image because it exceeds the quota: {error.message}") from error


async def _fill(cluster: Cluster, caller: Caller, volume: Json, receipt: Receipt) -> None:
    meta = volume["metadata"]
    if not await waiting.phase(cluster, volume, frozenset({"UploadReady"}), READY_S):
        raise Unavailable("The cluster has not made room for the image in time.")
    request = {
        "apiVersion": UPLOAD_TOKEN_REQUESTS.api_version,
        "kind": UPLOAD_TOKEN_REQUESTS.kind,
        "metadata": {"name": meta["name"], "namespace": meta["namespace"]},
        "spec": {"pvcName": meta["name"]},
    }
    answer = await cluster.as_user(caller).create(UPLOAD_TOKEN_REQUESTS, request, meta["namespace"])
    base = proxy_url(cluster)
    headers = {
        "Authorization": f"Bearer {answer['status']['token']}",
        "Content-Type": "application/octet-stream",
    }
    try:
        async with cluster.client.stream(
            "POST",
            base + UPLOAD_PATH,
            body=receipt.chunks(),
            headers=headers,
            ca_pem=await _proxy_ca(cluster, base),
            idle_s=STORED_S,
        ) as response:
            await response.read()
    except kube.KubeError as error:
        raise receipt.failure or _meaning(error) from error


def _meaning(error: kube.KubeError) -> ApiError:
    if isinstance(error, kube.Unavailable):
        return Unavailable(f"The image's data could not be stored: {error.message}")
    return BadRequest(f"The image's data could not be stored: {error.message}")


async def _record(cluster: Cluster, caller: Caller, source: Json, header: Header, receipt: Receipt) -> None:
    virtual = header.virtual_bytes
    if virtual is None and header.format in {"raw", "iso"}:
        virtual = receipt.received
    facts = {
        spelling.SIZE: str(receipt.received),
        spelling.VIRTUAL_SIZE: None if virtual is None else str(virtual),
        spelling.STORED_AS: header.format,
        spelling.CHECKSUM: receipt.md5,
        spelling.HASH_VALUE: receipt.sha512,
    }
    await write(cluster, caller, spelling.identity(source), "upload_image", lambda _: {"annotations": facts})


async def _undo(cluster: Cluster, source: Json, volume: Json) -> None:
    """Leave nothing of a failed upload: as Dicot itself, since the user may have lost the right meanwhile."""
    meta, home = volume["metadata"], source["metadata"]
    with contextlib.suppress(kube.NotFound, kube.Conflict):  # gone already, or another has its name now
        await cluster.client.delete(DATA_VOLUMES, meta["name"], meta["namespace"], uid=meta["uid"])
    told = (spelling.SIZE, spelling.VIRTUAL_SIZE, spelling.STORED_AS, spelling.CHECKSUM, spelling.HASH_VALUE)
    facts = (*told, spelling.STAGED)
    patch = {"metadata": {"annotations": dict.fromkeys(facts)}}
    with contextlib.suppress(kube.NotFound):  # the image was deleted: that is why the upload failed
        made = await cluster.client.patch(DATA_SOURCES, home["name"], patch, home["namespace"])
        cluster.cache(DATA_SOURCES).learn(made)
    await waiting.gone(cluster, volume, UNDO_S)


def access_modes(cluster: Cluster) -> tuple[str, ...]:
    """Return the access modes that must be spelt out: none where CDI knows the default storage class."""
    classes = cluster.cache(STORAGE_CLASSES).all()
    profiles = cluster.cache(STORAGE_PROFILES)
    for mark in _DEFAULT_CLASS:
        for one in classes:
            if (one["metadata"].get("annotations") or {}).get(mark) == "true":
                profile = profiles.get(one["metadata"]["name"]) if profiles.available else None
                known = ((profile or {}).get("status") or {}).get("claimPropertySets")
                return () if known else ("ReadWriteOnce",)
    return ()


def proxy_url(cluster: Cluster) -> str:
    """Return where CDI's upload proxy is: as configured, as CDI says, or where it is inside the cluster."""
    if cluster.config.upload_proxy_url:
        return cluster.config.upload_proxy_url.rstrip("/")
    cache = cluster.cache(CDI_CONFIGS)
    config = cache.get("config") if cache.available else None
    told = str(((config or {}).get("status") or {}).get("uploadProxyURL") or "").rstrip("/")
    if not told:
        return IN_CLUSTER_PROXY
    return told if "://" in told else f"https://{told}"


async def _proxy_ca(cluster: Cluster, base: str) -> str | None:
    """Return whom to trust at the proxy's address inside the cluster; elsewhere (None) the system's authorities."""
    address = urlsplit(base)
    parts = (address.hostname or "").split(".")
    if address.scheme != "https" or len(parts) < 3 or parts[2] != "svc":
        return None
    name, key = _PROXY_CA
    try:
        bundle = await cluster.client.get(CONFIG_MAPS, name, parts[1])
    except kube.NotFound:
        return None
    return (bundle.get("data") or {}).get(key)
