"""Rebuilding: a new root disk made of an image, in place of the one that a server has, under the same id and addresses.

The disk is a dataVolumeTemplate under a new name; what it replaces is deleted. All that a rebuild changes goes with one
patch; new Secrets are written before it, and go again where it fails.
"""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from dicot import names
from dicot.api.errors import BadRequest, Forbidden, NotFound, NotImplementedHere
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.parameters import truth
from dicot.compute.servers import (
    actions,
    answers,
    credentials,
    guest,
    hardware,
    lookup,
    machine_disks,
    manifest,
    marks,
    order,
    revision,
    sources,
    state_rules,
)
from dicot.compute.servers.answers import Entry
from dicot.compute.servers.changes import KEY_OF_REBUILT, REIMAGES_VOLUMES, USER_DATA_OF_REBUILT
from dicot.compute.servers.creation import action
from dicot.compute.servers.disks import IMAGE, LOCAL, Wish
from dicot.image import images
from dicot.kube import errors as kube
from dicot.kube.kinds import DATA_VOLUMES, SECRETS, VIRTUAL_MACHINES

Json = dict[str, Any]

_SPEC = ("spec", "template", "spec")
_TEMPLATES, _PREFERENCE = ("spec", "dataVolumeTemplates"), ("spec", "preference")


async def rebuild(request: Request, cluster: Cluster) -> Response:
    """Make a server anew from an image."""
    found = await actions.subject(request, cluster)
    asked = request.body["rebuild"]
    state_rules.require(found.vm, found.state, "rebuild", (actions.ACTIVE, actions.STOPPED, actions.ERROR))
    template = _template(request, found, asked)
    image = await _image(request, cluster, found, asked)
    _check_fields(found, asked)
    user = credentials.user(image.properties)
    if asked.get("adminPass") and not user:
        raise BadRequest(f"adminPass: image {image.id} has no guest agent that could set it.")
    make = bool(user) and cluster.config.enable_instance_password
    password = credentials.password(asked.get("adminPass"), make=make)
    key = await order.keypair(cluster, request.caller, asked.get("key_name"))
    change, made = _change(found.vm, asked, key, (user, password))
    vm = await _replace(request, cluster, found, asked, image, template, change, made)
    if found.vmi is not None and found.state.vm_state != actions.STOPPED:
        at_once = {"gracePeriodSeconds": 0}
        await actions.call(request, cluster, answers.entry(cluster, vm), "rebuild", "restart", at_once)
    old = cluster.cache(DATA_VOLUMES).get(template["metadata"]["name"], vm["metadata"]["namespace"])
    if old is not None:
        await cluster.delete(request.caller, DATA_VOLUMES, old)
    await _forget(request, cluster, vm, guest.secrets_of(found.vm) - guest.secrets_of(vm))
    await cluster.reread(request.caller, VIRTUAL_MACHINES, vm)
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    return _answer(request, answers.entry(cluster, vm), asked, password if make else "")


def _template(request: Request, found: Entry, asked: Json) -> Json:
    """Return what the root disk is made of; a volume keeps what is on it."""
    template = machine_disks.root_template(found.vm)
    if template is not None:
        return template
    if request.before(REIMAGES_VOLUMES):
        why = "Unable to rebuild with a different image for a volume-backed server."
        raise BadRequest(f"Image {asked['imageRef']} is unacceptable: {why}")
    raise NotImplementedHere("rebuild: the volume that a server boots from cannot be filled anew.")


async def _image(request: Request, cluster: Cluster, found: Entry, asked: Json) -> images.ImageFacts:
    try:
        image = images.facts(cluster, await images.find(cluster, request.caller, asked["imageRef"]))
    except NotFound as error:
        raise BadRequest("Cannot find image for rebuild") from error
    images.usable(image)
    order.check_fit(image, found.view["flavor"], [Wish(IMAGE, LOCAL, image.id, boot_index=0)])
    return image


def _check_fields(found: Entry, asked: Json) -> None:
    if asked.get("personality"):
        raise BadRequest("Personality files are not supported: file injection is not possible.")
    if asked.get("trusted_image_certificates"):
        raise BadRequest("Image certificate validation is not supported.")
    if len(asked.get("metadata") or {}) > order.METADATA_MAX:
        raise Forbidden(f"Maximum number of metadata items exceeds {order.METADATA_MAX}")
    templates = found.vm["spec"].get("dataVolumeTemplates") or ()
    blank = any("blank" in (one["spec"].get("source") or {}) for one in templates)
    if blank and not truth(asked.get("preserve_ephemeral", False)):
        raise NotImplementedHere(
            "rebuild: ephemeral disks and swap are not made anew; preserve_ephemeral keeps them as they are."
        )
    if (asked.get("user_data") or asked.get("key_name")) and guest.drive(found.vm) is None:
        raise BadRequest("The server has no config drive to put user data or a key on.")


def _change(vm: Json, asked: Json, key: str, login: tuple[str, str]) -> tuple[guest.Change, list[Json]]:
    """Return what the guest is told anew, and the Secrets that tell it; `login` is who gets which password."""
    machine, made = vm["metadata"]["name"], list[Json]()

    def secret(kind: str, told: dict[str, bytes]) -> str:
        one = manifest.secret(credentials.new_secret_name(machine, kind), told, vm)
        made.append(one)
        return str(one["metadata"]["name"])

    user, password = login
    whole, data = guest.is_whole(vm), order.user_data({"user_data": asked.get("user_data")})
    # A guest that has user data of its own loses it by a null; a whole drive has none to lose.
    tells = bool(data) or ("user_data" in asked and not whole and guest.drive(vm) is not None)
    chosen = (asked["key_name"], key) if asked.get("key_name") else ("", "")
    now = chosen if "key_name" in asked else guest.key_on_drive(vm)
    told = {"userdata": data or guest.NO_USER_DATA, **({"networkdata": guest.network_data(vm)} if whole else {})}
    change = guest.Change(
        display=asked["name"].strip() if "name" in asked else None,
        hostname=asked.get("hostname"),
        metadata=asked.get("metadata"),
        key=chosen if "key_name" in asked else None,
        user_data=secret(credentials.USER_DATA, told) if tells else "",
        key_secret=secret(credentials.KEY, {"key": now[1].encode()}) if now[1] and (tells or not whole) else "",
        password=secret(credentials.PASSWORD, {user: password.encode()}) if user and password else "",
    )
    return change, made


async def _replace(
    request: Request,
    cluster: Cluster,
    found: Entry,
    asked: Json,
    image: images.ImageFacts,
    template: Json,
    change: guest.Change,
    made: list[Json],
) -> Json:
    """Write the Secrets and change the machine in one patch; what was written goes again if that fails."""
    meta, old_name = found.vm["metadata"], template["metadata"]["name"]
    new = sources.local_of_image(
        cluster, f"{meta['name']}-root-{secrets.token_hex(2)}", image, found.view["flavor"]["disk"]
    )
    done = action(request, "rebuild")
    preference = {"kind": "VirtualMachineClusterPreference", "name": image.preference} if image.preference else None

    def decide(vm: Json) -> list[Json]:
        kept = [new if one["metadata"]["name"] == old_name else one for one in vm["spec"]["dataVolumeTemplates"]]
        return [
            *revision.marked(vm, {**_told(asked, image), marks.ACTIONS: marks.with_action(vm, done)}),
            *revision.replaced(vm, _TEMPLATES, kept),
            *revision.replaced(vm, _PREFERENCE, preference),
            *revision.replaced(vm, (*_SPEC, "volumes"), _volumes(vm, change, old_name, new["metadata"]["name"])),
            *guest.operations(vm, change),
            *hardware.operations(vm, marks.image_properties(vm), _properties(image)),
        ]

    written: set[str] = set()
    try:
        for secret in made:
            await cluster.create(request.caller, SECRETS, secret, meta["namespace"])
            written.add(secret["metadata"]["name"])
        return await revision.change(request, cluster, found.vm, decide)
    except BaseException:
        await _forget(request, cluster, found.vm, written)
        raise


async def _forget(request: Request, cluster: Cluster, vm: Json, gone: set[str]) -> None:
    for name in sorted(gone):
        try:
            await cluster.as_user(request.caller).delete(SECRETS, name, vm["metadata"]["namespace"])
        except kube.NotFound:
            continue


def _told(asked: Json, image: images.ImageFacts) -> dict[str, str | None]:
    spelt: dict[str, str] = {
        "description": names.DESCRIPTION,
        "accessIPv4": marks.ACCESS_IPV4,
        "accessIPv6": marks.ACCESS_IPV6,
        "OS-DCF:diskConfig": marks.DISK_CONFIG,
        "key_name": marks.KEY_NAME,
        "hostname": marks.HOSTNAME,
    }
    told: dict[str, str | None] = {key: asked[name] for name, key in spelt.items() if name in asked}
    if "name" in asked:
        told[names.NAME] = asked["name"].strip()
    if "metadata" in asked:
        told[marks.METADATA] = marks.write(asked["metadata"])
    properties = _properties(image)
    return {
        **told,
        marks.IMAGE: image.id,
        marks.IMAGE_PROPERTIES: marks.write(properties) if properties else None,
        marks.REBUILT: marks.write({}),
        marks.DECLARED: None,
    }


def _properties(image: images.ImageFacts) -> dict[str, str]:
    return {key: str(value) for key, value in image.properties.items()}


def _volumes(vm: Json, change: guest.Change, old_name: str, new_name: str) -> list[Json]:
    """Put the new disk in the place of the old one, and user data on the config drive."""
    return [
        {**one, "dataVolume": {**one["dataVolume"], "name": new_name}}
        if (one.get("dataVolume") or {}).get("name") == old_name
        else guest.volume(one, change)
        for one in vm["spec"]["template"]["spec"].get("volumes") or ()
    ]


def _answer(request: Request, found: Entry, asked: Json, password: str) -> Response:
    """Answer as an update does, with the key, the user data and the password."""
    told = msgspec.json.decode(answers.updated(request, found), type=Json)
    if not request.before(KEY_OF_REBUILT):
        told["key_name"] = found.view["key_name"]
    if not request.before(USER_DATA_OF_REBUILT):
        told["user_data"] = asked.get("user_data")
    told.setdefault("progress", 0)  # Nova tells it here whatever the status is
    if password:
        told["adminPass"] = password
    location = request.url(f"/servers/{answers.identity(found)}")
    return Response({"server": told}, status=202, headers={"Location": location})
