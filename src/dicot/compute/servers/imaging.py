"""Images and backups of servers: snapshots of what they boot from, registered as images of their project.

A volume-backed server's image names the Cinder snapshots of all its volumes, as Nova's does; its data is the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import msgspec

from dicot import names
from dicot.api.errors import BadRequest, Conflict, Forbidden, TooLarge
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.servers import actions, answers, beside, lookup, machine_disks, marks, revision, state_rules
from dicot.compute.servers.answers import Entry
from dicot.compute.servers.changes import IMAGE_ID_IN_BODY, IMAGE_METADATA_WITHOUT_QUOTA
from dicot.compute.servers.order import METADATA_MAX
from dicot.image.images import spelling, taking
from dicot.kube.kinds import DATA_SOURCES, PERSISTENT_VOLUME_CLAIMS, STORAGE_CLASSES, VOLUME_SNAPSHOTS
from dicot.volume.snapshots import handlers as snapshots
from dicot.volume.types import facts as types
from dicot.volume.volumes import facts as volumes
from dicot.volume.volumes.record import Volume

Json = dict[str, Any]

_MAY_BE_TAKEN = (actions.ACTIVE, actions.STOPPED, actions.PAUSED)
MAPPING = "block_device_mapping"
_NOT_INHERITED = frozenset(
    {
        MAPPING,
        "bdm_v2",
        "root_device_name",
        "cinder_encryption_key_id",
        "cinder_encryption_key_deletion_policy",
        "img_signature",
        "img_signature_hash_method",
        "img_signature_key_type",
        "img_signature_certificate_uuid",
        "cache_in_nova",
        "bittorrent",
    }
)
"""Nova's NON_INHERITABLE_IMAGE_PROPERTIES (compute/utils.py), its option of that name, and what is filled anew."""


async def create_image(request: Request, cluster: Cluster) -> Response:
    """Make an image of a server as it is now."""
    asked = request.body["createImage"]
    found = await _subject(request, cluster, "createImage", asked)
    if machine_disks.root_template(found.vm) is None:
        source = await _of_volumes(request, cluster, found, asked)
    else:
        source = await _of_root(request, cluster, found, asked, {"image_type": "snapshot"})
    await revision.annotate(request, cluster, found.vm, lambda now: _noted(request, now, "createImage"))
    return _answer(request, source)


async def create_backup(request: Request, cluster: Cluster) -> Response:
    """Make an image of a server, and delete the oldest of its kind beyond so many."""
    asked = request.body["createBackup"]
    found = await _subject(request, cluster, "createBackup", asked)
    if machine_disks.root_template(found.vm) is None:
        raise BadRequest("The request is invalid: Backup is not supported for volume-backed instances.")
    kind = {"image_type": "backup", "backup_type": asked["backup_type"]}
    source = await _of_root(request, cluster, found, asked, kind)
    await revision.annotate(request, cluster, found.vm, lambda now: _noted(request, now, "createBackup"))
    rotation = int(asked["rotation"])
    kind["instance_uuid"] = answers.identity(found)
    for excess in [source, *_older(cluster, source, kind)][rotation:]:
        await taking.discard(cluster, request.caller, excess)
    return _answer(request, source, located=rotation > 0)


def _noted(request: Request, vm: Json, name: str) -> dict[str, str | None]:
    return {marks.ACTIONS: marks.with_action(vm, revision.action(request, name))}


async def _subject(request: Request, cluster: Cluster, name: str, asked: Json) -> Entry:
    """Return the server, if it can be taken an image of; a lock does not forbid that, as in Nova."""
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    found = answers.entry(cluster, vm)
    quota_holds = request.before(IMAGE_METADATA_WITHOUT_QUOTA)
    if quota_holds and len(asked.get("metadata") or {}) > METADATA_MAX:
        raise Forbidden("Image metadata limit exceeded")
    state_rules.require(vm, found.state, name, _MAY_BE_TAKEN)
    snapshots.require_snapshots(cluster)
    return found


def _answer(request: Request, source: Json, *, located: bool = True) -> Response:
    image_id = names.identity_of(source, "image")
    if not request.before(IMAGE_ID_IN_BODY):
        return Response({"image_id": image_id}, status=202)
    headers = {"Location": f"{request.prefix}/image/v2/images/{image_id}"} if located else {}
    return Response(status=202, headers=headers)


async def _of_root(request: Request, cluster: Cluster, found: Entry, asked: Json, kind: Json) -> Json:
    """Make an image of the disk that lives and dies with its server."""
    template = machine_disks.root_template(found.vm)
    assert template is not None
    namespace = found.vm["metadata"]["namespace"]
    claim = cluster.cache(PERSISTENT_VOLUME_CLAIMS).get(template["metadata"]["name"], namespace)
    if claim is None or (claim.get("status") or {}).get("phase") != "Bound":
        raise Conflict(f"Instance {answers.identity(found)} is not ready")
    own = {"instance_uuid": answers.identity(found), "user_id": request.caller.user_id, **kind}
    fields = _fields(request, found, asked, own) | {"disk_format": "raw", "container_format": "bare"}
    labels = {names.id_label("server"): answers.identity(found)}
    snapshot_class = _snapshot_class(cluster, claim)
    return await taking.take(cluster, request.caller, claim, fields, snapshot_class=snapshot_class, labels=labels)


def _snapshot_class(cluster: Cluster, claim: Json) -> str:
    storage_class = cluster.cache(STORAGE_CLASSES).get(claim["spec"].get("storageClassName") or "")
    return types.describe(cluster, storage_class).snapshot_class if storage_class is not None else ""


def _fields(request: Request, found: Entry, asked: Json, own: Json) -> Json:
    """Describe the image: what the server's image said, what is known of the server, what the caller says."""
    inherited = {
        key: value
        for key, value in marks.image_properties(found.vm).items()
        if key not in _NOT_INHERITED and not key.startswith("os_glance")
    }
    base = (found.view["image"] or {}).get("id", "")
    flavor = marks.flavor(found.vm)
    return {
        "name": asked["name"].strip(),
        "visibility": "private",
        "min_disk": flavor.disk if flavor is not None else 0,
        "properties": {
            **inherited,
            **({"base_image_ref": base} if base else {}),
            "boot_roles": ",".join(sorted(request.caller.roles)),
            "owner_user_name": request.caller.user_name,
            "owner_project_name": request.caller.project_name,
            **own,
            **(asked.get("metadata") or {}),
        },
        "preference": (found.vm["spec"].get("preference") or {}).get("name", ""),
    }


async def _of_volumes(request: Request, cluster: Cluster, found: Entry, asked: Json) -> Json:
    """Take a snapshot of each volume, and make an image that says how to boot from them."""
    attached = beside.attached(cluster, found.vm)
    backing = [(await volumes.seek(cluster, request.caller, volume_id), dies) for volume_id, dies in attached]
    root = machine_disks.root(found.vm)
    first = [volume for volume, _ in backing if root is not None and _disk(found.vm, volume) == root]
    if not first:
        raise Conflict("The server boots from no disk of which an image can be made.")
    made: list[tuple[Json, Json]] = []
    async with AsyncExitStack() as undo:
        for volume, dies in backing:
            snapshot = await _snapshot(request, cluster, volume, asked)
            undo.push_async_callback(cluster.delete, request.caller, VOLUME_SNAPSHOTS, snapshot)
            made.append((snapshot, _mapping(found.vm, volume, snapshot, dies=dies)))
        told = msgspec.json.encode([mapping for _, mapping in made]).decode()
        fields = _fields(request, found, asked, {"bdm_v2": "True", MAPPING: told})
        name = next(snapshot["metadata"]["name"] for snapshot, mapping in made if mapping["boot_index"] == 0)
        source = await taking.register(cluster, request.caller, first[0].namespace, fields, snapshot=name, size=0)
        undo.pop_all()
    return source


async def _snapshot(request: Request, cluster: Cluster, volume: Volume, asked: Json) -> Json:
    body = {"name": f"snapshot for {asked['name'].strip()}"}
    try:
        return await snapshots.take(request, cluster, volume, body)
    except TooLarge as error:
        raise Forbidden("Quota exceeded for resources: snapshots") from error


def _disk(vm: Json, volume: Volume) -> Json | None:
    """Return the disk that this volume is in a machine."""
    for one in machine_disks.disks(vm):
        source = machine_disks.volume(vm, one["name"])
        claim = source.get("persistentVolumeClaim", {}).get("claimName") or source.get("dataVolume", {}).get("name")
        if claim == volume.name:
            return one
    return None


def _mapping(vm: Json, volume: Volume, snapshot: Json, *, dies: bool) -> Json:
    """Describe one block device of a server to be made of the image."""
    disk = _disk(vm, volume) or {}
    device = next((kind for kind in ("cdrom", "lun") if kind in disk), "disk")
    return {
        "source_type": "snapshot",
        "destination_type": "volume",
        "snapshot_id": names.identity_of(snapshot, "snapshot"),
        "boot_index": 0 if disk == machine_disks.root(vm) else None,
        "device_type": device,
        "disk_bus": (disk.get(device) or {}).get("bus"),
        "volume_size": volume.size_gib,
        "delete_on_termination": dies,
    }


def _older(cluster: Cluster, newest: Json, kind: Json) -> Sequence[Json]:
    """List the other backups of this kind, the newest first; times of creation tell no two of one second apart."""
    meta = newest["metadata"]
    backups = [
        source
        for source in cluster.cache(DATA_SOURCES).find("namespace", meta["namespace"])
        if kind.items() <= spelling.properties(source).items() and source["metadata"]["uid"] != meta["uid"]
    ]
    return sorted(backups, key=lambda one: str(one["metadata"]["creationTimestamp"]), reverse=True)
