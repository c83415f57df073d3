"""One frozen configuration: a TOML file, then DICOT_* environment variables. Reads nothing else."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]
NotNegative = Annotated[int, msgspec.Meta(ge=0)]


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an administrator may choose.

    `public_url`: how clients reach Dicot, if the Host header does not tell. `trusted_proxies`: addresses whose
    X-Forwarded-* headers are believed. `system_namespace` holds Dicot's own secrets, `image_namespace` the public
    images. `network_driver`: `auto` looks at the cluster. Sizes in bytes, times in seconds. docs/configuration.md tells
    of each, which a test holds it to.
    """

    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    region: str = "RegionOne"
    kubeconfig: str = ""
    kube_context: str = ""
    system_namespace: str = "dicot-system"
    image_namespace: str = "dicot-images"
    network_driver: Literal["auto", "kubeovn", "pod"] = "auto"
    tenant_networks: bool = True
    external_subnet: str = "external"
    upload_proxy_url: str = ""
    image_default_bytes: Positive = 10 * 1024**3
    image_bytes_max: Positive = 2 * 1024**4
    token_lifetime_s: Positive = 3600
    fernet_rotation_s: Positive = 24 * 3600
    failed_logins_per_user: NotNegative = 10
    failed_logins_per_address: NotNegative = 100
    failed_logins_window_s: Positive = 60
    kubeconfig_lifetime_s: Annotated[int, msgspec.Meta(ge=600)] = 3600
    kube_public_url: str = ""
    kube_public_ca_file: str = ""
    console_lifetime_s: Positive = 600
    novnc_directory: str = "/usr/share/novnc"
    token_audiences: tuple[str, ...] = ()
    page_max: Positive = 1000
    build_grace_s: NotNegative = 120
    enable_instance_password: bool = True


def load(path: str | None = None, environment: Mapping[str, str] | None = None) -> Config:
    """Read the file (if any), then the environment; ValueError names a key that does not exist or does not fit."""
    environment = os.environ if environment is None else environment
    path = path or environment.get("DICOT_CONFIG")
    values = tomllib.loads(Path(path).read_text()) if path else {}
    fields = {field.name: field for field in msgspec.structs.fields(Config)}
    for name, field in fields.items():
        text = environment.get(f"DICOT_{name.upper()}")
        if text is not None:
            values[name] = text.split(",") if field.type == tuple[str, ...] else text
    try:
        return msgspec.convert(values, Config, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"configuration: {error}") from error
