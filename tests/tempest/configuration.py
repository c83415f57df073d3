"""tempest.conf, written from what a cloud says of itself: nothing is claimed that it does not offer."""

from __future__ import annotations

import configparser
from pathlib import Path
from typing import Any

from tests.tempest.cloud import Admin

Json = dict[str, Any]
Sections = dict[str, dict[str, str]]

SERVICES = {
    "cinder": "volumev3",
    "glance": "image",
    "neutron": "network",
    "nova": "compute",
    "swift": "object-store",
    "horizon": "dashboard",
}
"""tempest's names of the services, and the types by which a catalog has them."""


def write(folder: Path, admin: Admin) -> Path:
    """Write the file, and return where it is."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_dict(sections(folder, admin))
    path = folder / "tempest.conf"
    with path.open("w") as file:
        parser.write(file)
    return path


def sections(folder: Path, admin: Admin) -> Sections:
    """Return every section of the file."""
    return {
        "DEFAULT": {"log_file": str(folder / "tempest.log"), "debug": "true"},
        "oslo_concurrency": {"lock_path": str(folder / "locks")},
        "auth": _auth(admin),
        **_identity(admin),
        "service_available": {name: _flag(kind in admin.catalog) for name, kind in SERVICES.items()},
        **_compute(admin),
        **_image(admin),
        **_network(admin),
        **_volume(admin),
        "validation": {"run_validation": "false"},
    }


def _flag(value: object) -> str:
    return "true" if value else "false"


def _auth(admin: Admin) -> dict[str, str]:
    """Let tempest make a project and a user for each class of tests: its tests of identity demand it."""
    return {
        "use_dynamic_credentials": "true",
        "admin_username": admin.username,
        "admin_password": admin.password,
        "admin_project_name": admin.project,
        "admin_domain_name": admin.domain,
        "default_credentials_domain_name": admin.domain,
        "create_isolated_networks": _flag("network" in admin.catalog),
        "tempest_roles": "member",
    }


def _identity(admin: Admin) -> Sections:
    return {
        "identity": {
            "uri_v3": admin.auth_url,
            "auth_version": "v3",
            "region": admin.region,
            "v3_endpoint_type": "public",
        },
        "identity-feature-enabled": {
            "trust": "true",
            "access_rules": "true",
            "domain_specific_drivers": "false",
            "security_compliance": "false",
            "api_extensions": "OS-EC2,OS-INHERIT,OS-TRUST",
        },
    }


def _compute(admin: Admin) -> Sections:
    images = _images(admin)
    versions = admin.get("compute", "/")["version"]
    flavors = admin.get("compute", "/flavors/detail?sort_key=memory_mb&sort_dir=asc")["flavors"]
    return {
        "compute-feature-enabled": {"resize": "true"},
        "compute": {
            "image_ref": images[0],
            "image_ref_alt": images[1],
            "flavor_ref": flavors[0]["id"],
            "flavor_ref_alt": flavors[1]["id"],
            "min_microversion": versions["min_version"],
            "max_microversion": versions["version"],
            "build_timeout": "60",
        },
    }


def _images(admin: Admin) -> list[str]:
    """Return the ids of two public images; tests of filters need a second one, which is made if there is none."""
    found = admin.get("image", "/v2/images?visibility=public&sort=created_at:asc")["images"]
    ids = [image["id"] for image in found]
    return ids if len(ids) > 1 else [*ids, admin.add_image("alternative")]


def _image(admin: Admin) -> Sections:
    schema = admin.get("image", "/v2/schemas/image")["properties"]
    return {
        # Dicot refuses images that are unsafe; bytes that are not what their format says, it takes for raw only.
        "image-feature-enabled": {"image_format_enforcement": "false"},
        "image": {
            "disk_formats": ",".join(one for one in schema["disk_format"]["enum"] if one),
            "container_formats": ",".join(one for one in schema["container_format"]["enum"] if one),
        },
    }


def _network(admin: Admin) -> Sections:
    outside = admin.get("network", "/v2.0/networks?router:external=true")["networks"]
    extensions = admin.get("network", "/v2.0/extensions")["extensions"]
    return {
        "network": {
            "public_network_id": outside[0]["id"] if outside else "",
            "floating_network_name": outside[0]["name"] if outside else "",
        },
        "network-feature-enabled": {
            "api_extensions": ",".join(one["alias"] for one in extensions),
            "floating_ips": _flag(outside),
        },
    }


def _volume(admin: Admin) -> Sections:
    default = admin.get("volumev3", "/types/default")["volume_type"]
    extensions = admin.get("volumev3", "/extensions")["extensions"]
    version = admin.ask(f"{admin.catalog['volumev3'].rpartition('/')[0]}/")["versions"][0]
    return {
        "volume-feature-enabled": {"api_extensions": ",".join(one["alias"] for one in extensions)},
        "volume": {
            "volume_type": default["name"],
            "min_microversion": version["min_version"],
            "max_microversion": version["version"],
        },
    }
