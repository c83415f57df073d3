"""What a guest is told anew by a rebuild: on its config drive, and by access credentials. Pure.

Secrets are not changed but replaced: what runs keeps its own until the machine refers to the new ones.
"""

from __future__ import annotations

from typing import Any

import msgspec

from dicot.compute.servers import config_drive, credentials, manifest, marks, revision

Json = dict[str, Any]

_SPEC = ("spec", "template", "spec")
_NOTES = ("spec", "template", "metadata", "annotations")
NO_USER_DATA = b"#cloud-config\n{}\n"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different. None: as it was; `key` is (name, public key), empty for none from now on.

    `user_data`, `key_secret` and `password` name new Secrets, "" for none.
    """

    display: str | None = None
    hostname: str | None = None
    metadata: dict[str, str] | None = None
    key: tuple[str, str] | None = None
    user_data: str = ""
    key_secret: str = ""
    password: str = ""


def drive(vm: Json) -> Json | None:
    """Return the volume that is a machine's config drive."""
    return next((one for one in vm["spec"]["template"]["spec"].get("volumes") or () if config_drive.is_one(one)), None)


def is_whole(vm: Json) -> bool:
    """Tell whether a machine's config drive is Nova's whole one, with nothing secret on it."""
    return "downwardAPI" in (drive(vm) or {})


def key_on_drive(vm: Json) -> tuple[str, str]:
    """Return name and public key that a whole drive tells; empty for none."""
    known = config_drive.read_meta_data(vm).get("public_keys")
    return next(iter(known.items()), ("", "")) if isinstance(known, dict) else ("", "")


def network_data(vm: Json) -> bytes:
    """Return what a whole drive tells of the network."""
    return config_drive.read_network_data(vm).encode()


def operations(vm: Json, change: Change) -> list[Json]:
    """Return the operations of a JSON patch, but for those on the volumes."""
    found: list[Json] = []
    if change.hostname is not None:
        found += revision.replaced(vm, (*_SPEC, "hostname"), manifest.host_label(change.hostname))
    spec = vm["spec"]["template"]["spec"]
    access = _access(spec, change)
    if access != (spec.get("accessCredentials") or []):
        found += revision.replaced(vm, (*_SPEC, "accessCredentials"), access or None)
    if is_whole(vm):
        for name, text in _notes(vm, change).items():
            found += revision.replaced(vm, (*_NOTES, name), text)
    return found


def _access(spec: Json, change: Change) -> list[Json]:
    access = credentials.with_secret(spec, change.password) if change.password else spec.get("accessCredentials") or []
    if change.key is not None or change.key_secret:
        access = [one for one in access if "sshPublicKey" not in one]
    return [manifest.key_access(change.key_secret), *access] if change.key_secret else list(access)


def _notes(vm: Json, change: Change) -> dict[str, str | None]:
    """Return the annotations that carry a whole drive: none where another drive takes its place."""
    if change.user_data:
        return config_drive.no_annotations()
    told = config_drive.read_meta_data(vm)
    if change.display is not None:
        told["name"] = change.display
    if change.hostname is not None:
        told["hostname"] = change.hostname
    if change.metadata is not None:
        told = {**{key: value for key, value in told.items() if key != "meta"}, "meta": change.metadata}
    if change.key is not None:
        told = {key: value for key, value in told.items() if key not in ("public_keys", "keys")}
        told |= config_drive.keys(*change.key)
    return {config_drive.META_DATA: marks.write(told)}


def volume(one: Json, change: Change) -> Json:
    """Return one volume as it is to be: the config drive with other user data."""
    if not change.user_data or not config_drive.is_one(one):
        return one
    secret = {"name": change.user_data}
    network = (one.get("cloudInitConfigDrive") or {}).get("networkDataSecretRef") or secret
    return {"name": one["name"], "cloudInitConfigDrive": {"secretRef": secret, "networkDataSecretRef": network}}


def secrets_of(vm: Json) -> set[str]:
    """Name the Secrets that a machine's drive and credentials refer to, of those that Dicot made for it."""
    spec = vm["spec"]["template"]["spec"]
    told = (drive(vm) or {}).get("cloudInitConfigDrive") or {}
    refs = [told.get("secretRef"), told.get("networkDataSecretRef")]
    names = {(one or {}).get("name", "") for one in refs}
    for one in spec.get("accessCredentials") or ():
        for credential in one.values():
            names.add(((credential.get("source") or {}).get("secret") or {}).get("secretName", ""))
    return {name for name in names if credentials.is_made_for(vm["metadata"]["name"], name)}
