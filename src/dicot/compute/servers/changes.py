"""Every microversion that changed servers, newest first. Data and small edits; no request is seen here.

Contracts of requests: `create`, `update`, `index` and `show` (queries), and one for each action: `start`, `stop`,
`reboot`, `pause`, `unpause`, `lock`, `unlock`, `force_delete`, `get_console_output`, `add_security_group`,
`remove_security_group`, `add_floating_ip`, `remove_floating_ip`. Contracts of answers: `server` (shown, listed in
detail) and `updated`.
"""

from __future__ import annotations

import copy
from typing import Any

from dicot.api.microversion import Change, Edit, Flag, History, drop, without
from dicot.compute import parameters as p
from dicot.compute.servers import action_schema, schema

Json = dict[str, Any]

BEFORE_EMBEDDING = "flavor_reference"
"""Key under which a view carries what versions before 2.47 show as its flavor; it is never sent."""

UNKNOWN_STATUS_IS_REFUSED = Flag("2.38", "A filter by a status that does not exist is refused.")
ATTACHES_WITHOUT_BODY = Flag("2.101", "Attaching a volume answers 202 without a body.")


def _server(body: Json) -> Json:
    return body["properties"]["server"]["properties"]


def _short_hostname(body: Json) -> None:
    _server(body)["hostname"] = p.HOST_NAME


def _indexes_freely(query: Json) -> None:
    query["additionalProperties"] = True
    ignored = [key for key in schema.IGNORED_SORT_KEYS if key != "locked"]
    query["properties"]["sort_key"] = schema.sort_key("locked", *schema.SORT_KEYS, *ignored)


def _locked_ignored(query: Json) -> None:
    query["properties"].pop("locked")
    query["properties"]["sort_key"] = schema.sort_key(*schema.SORT_KEYS, *schema.IGNORED_SORT_KEYS)


def _no_volume_type(body: Json) -> None:
    _server(body)["block_device_mapping_v2"]["items"]["properties"].pop("volume_type")


def _personality(body: Json) -> None:
    _server(body)["personality"] = schema.PERSONALITY


def _no_device_tags(body: Json) -> None:
    networks, _ = _server(body)["networks"]["oneOf"]
    networks["items"]["properties"].pop("tag")
    _server(body)["block_device_mapping_v2"]["items"]["properties"].pop("tag")


def _networks_optional(body: Json) -> None:
    body["properties"]["server"]["required"].remove("networks")
    network = copy.deepcopy(schema.NETWORK)
    network["properties"]["uuid"] = {"type": "string"}
    _server(body)["networks"] = {"type": "array", "items": network}


def _tagged_disks(body: Json) -> None:
    """Allow what was allowed in 2.32 alone: the condition that served it compared for equality."""
    _server(body)["block_device_mapping_v2"]["items"]["properties"]["tag"] = p.TAG


def _tags_nowhere(body: Json) -> None:
    _server(body)["networks"]["items"]["properties"].pop("tag")
    _server(body)["block_device_mapping_v2"]["items"]["properties"].pop("tag")


def _name_describes(body: Json) -> None:
    body["server"]["description"] = body["server"]["name"].strip()


def _any_lock(body: Json) -> None:
    body["properties"]["lock"] = {}


def _no_image_properties(view: Json) -> None:
    if view["image"]:
        view["image"].pop("properties", None)


def _hostname_for_administrators(view: Json) -> None:
    if "OS-EXT-SRV-ATTR:host" not in view:
        view.pop("OS-EXT-SRV-ATTR:hostname", None)


_UPDATED_BEFORE_275 = {
    BEFORE_EMBEDDING,
    *p.words(
        "OS-DCF:diskConfig accessIPv4 accessIPv6 addresses created description fault flavor hostId id image links "
        "locked locked_reason metadata name progress server_groups status tags tenant_id trusted_image_certificates "
        "updated user_id"
    ),
}


def _updated_in_part(view: Json) -> None:
    for key in view.keys() - _UPDATED_BEFORE_275:
        del view[key]
    view["addresses"] = {
        network: [{"version": one["version"], "addr": one["addr"]} for one in addresses]
        for network, addresses in view["addresses"].items()
    }


def _flavor_by_reference(view: Json) -> None:
    view["flavor"] = view[BEFORE_EMBEDDING]


_EXTENDED_SINCE_23 = [
    f"OS-EXT-SRV-ATTR:{key}"
    for key in p.words("hostname kernel_id launch_index ramdisk_id reservation_id root_device_name user_data")
]


def _fewer_attributes(view: Json) -> None:
    for key in _EXTENDED_SINCE_23:
        view.pop(key, None)
    attached = view.get("os-extended-volumes:volumes_attached")
    if attached:
        view["os-extended-volumes:volumes_attached"] = [{"id": volume["id"]} for volume in attached]


def _becomes(body: Json, other: Json) -> None:
    body.clear()
    body |= copy.deepcopy(other)


def _to_zone(body: Json) -> None:
    _becomes(body, schema.UNSHELVE_TO_ZONE)


def _anywhere(body: Json) -> None:
    _becomes(body, schema.UNSHELVE_ANYWHERE)


def _short_hostname_of_rebuilt(body: Json) -> None:
    body["properties"]["rebuild"]["properties"]["hostname"] = p.HOST_NAME


def _personality_of_rebuilt(body: Json) -> None:
    properties = body["properties"]["rebuild"]["properties"]
    properties.pop("user_data")
    properties["personality"] = schema.PERSONALITY


def _forced(action: str) -> Edit:
    """Allow to force the move: what lies between two versions, and means nothing in any other."""

    def edit(body: Json) -> None:
        body["properties"][action]["properties"]["force"] = p.BOOLEAN

    return edit


def _migrates_in_full(body: Json) -> None:
    _becomes(body, action_schema.MIGRATE_LIVE_SAID_IN_FULL)


def _evacuates_in_full(body: Json) -> None:
    _becomes(body, action_schema.EVACUATE_SAID_IN_FULL)


def _ignore_unshelve(body: Json) -> None:
    body["unshelve"] = None


RESCUES_VOLUME_BACKED = Flag("2.87", "A volume-backed server can be rescued, by an image that says on which device.")

IMAGE_ID_IN_BODY = Flag("2.45", "Who makes an image is told its id in the body, and not where it is.")
IMAGE_METADATA_WITHOUT_QUOTA = Flag("2.39", "The metadata of an image count against no quota.")
REIMAGES_VOLUMES = Flag("2.93", "A rebuild fills the volume that a server boots from anew.")
KEY_OF_REBUILT = Flag("2.54", "The answer to a rebuild shows the key.")
USER_DATA_OF_REBUILT = Flag("2.57", "The answer to a rebuild shows the user data.")
EVACUATED_ARE_STOPPED = Flag("2.95", "An evacuated server is stopped.")

HISTORY = History(
    {
        "create": schema.CREATE,
        "update": schema.UPDATE,
        "index": schema.INDEX,
        "show": p.NO_QUERY,
        "start": schema.START,
        "stop": schema.STOP,
        "reboot": schema.REBOOT,
        "pause": schema.PAUSE,
        "unpause": schema.UNPAUSE,
        "resize": schema.RESIZE,
        "confirm_resize": schema.CONFIRM_RESIZE,
        "revert_resize": schema.REVERT_RESIZE,
        "shelve": schema.SHELVE,
        "shelve_offload": schema.SHELVE_OFFLOAD,
        "unshelve": schema.UNSHELVE,
        "rescue": schema.RESCUE,
        "unrescue": schema.UNRESCUE,
        "lock": schema.LOCK,
        "unlock": schema.UNLOCK,
        "force_delete": schema.FORCE_DELETE,
        "get_console_output": schema.GET_CONSOLE_OUTPUT,
        "add_security_group": schema.ADD_SECURITY_GROUP,
        "remove_security_group": schema.REMOVE_SECURITY_GROUP,
        "add_floating_ip": schema.ADD_FLOATING_IP,
        "remove_floating_ip": schema.REMOVE_FLOATING_IP,
        "create_image": action_schema.CREATE_IMAGE,
        "create_backup": action_schema.CREATE_BACKUP,
        "rebuild": action_schema.REBUILD,
        "migrate": action_schema.MIGRATE,
        "migrate_live": action_schema.MIGRATE_LIVE,
        "evacuate": action_schema.EVACUATE,
        "reset_state": action_schema.RESET_STATE,
        "change_password": action_schema.CHANGE_PASSWORD,
        "trigger_crash_dump": action_schema.TRIGGER_CRASH_DUMP,
        "suspend": action_schema.SUSPEND,
        "resume": action_schema.RESUME,
        "restore": action_schema.RESTORE,
        "inject_network_info": action_schema.INJECT_NETWORK_INFO,
        "add_fixed_ip": action_schema.ADD_FIXED_IP,
        "remove_fixed_ip": action_schema.REMOVE_FIXED_IP,
    },
    Change(
        "2.104",
        "A server can be pinned to its availability zone.",
        update=without("pinned_availability_zone", at="server"),
    ),
    Change("2.102", "Unknown query parameters are refused.", show=p.tolerate),
    Change("2.100", "Scheduler hints are shown.", server=drop("scheduler_hints"), updated=drop("scheduler_hints")),
    Change("2.98", "Image properties are shown.", server=_no_image_properties, updated=_no_image_properties),
    Change(
        "2.96",
        "The zone that a server is pinned to is shown.",
        server=drop("pinned_availability_zone"),
        updated=drop("pinned_availability_zone"),
    ),
    Change(
        "2.94",
        "Host names may be fully qualified.",
        create=_short_hostname,
        update=_short_hostname,
        rebuild=_short_hostname_of_rebuilt,
    ),
    Change("2.91", "A shelved server may start on a chosen host.", unshelve=_to_zone),
    Change(
        "2.90",
        "The caller may choose the host name; everybody sees it.",
        create=without("hostname", at="server"),
        update=without("hostname", at="server"),
        rebuild=without("hostname", at="rebuild"),
        server=_hostname_for_administrators,
        updated=_hostname_for_administrators,
    ),
    Change(
        "2.77",
        "A shelved server may start in a chosen zone.",
        unshelve=_anywhere,
        upgrades={"unshelve": _ignore_unshelve},
    ),
    Change(
        "2.75",
        "Unknown query parameters are refused; an update answers with the whole server.",
        index=_indexes_freely,
        updated=_updated_in_part,
    ),
    Change("2.74", "Administrators may choose the host.", create=without("host", "hypervisor_hostname", at="server")),
    Change(
        "2.73",
        "A lock has a reason, and servers can be filtered by it.",
        index=_locked_ignored,
        lock=_any_lock,
        server=drop("locked_reason"),
        updated=drop("locked_reason"),
    ),
    Change("2.71", "Server groups are shown.", server=drop("server_groups"), updated=drop("server_groups")),
    Change(
        "2.68",
        "Moves to another host can no longer be forced.",
        migrate_live=_forced("os-migrateLive"),
        evacuate=_forced("evacuate"),
    ),
    Change("2.67", "Block devices may name a volume type.", create=_no_volume_type),
    Change("2.66", "Servers changed before a time.", index=without("changes-before")),
    Change(
        "2.63",
        "Trusted image certificates.",
        create=without("trusted_image_certificates", at="server"),
        rebuild=without("trusted_image_certificates", at="rebuild"),
        server=drop("trusted_image_certificates"),
        updated=drop("trusted_image_certificates"),
    ),
    Change("2.57", "File injection is gone.", create=_personality, rebuild=_personality_of_rebuilt),
    Change("2.54", "A rebuild may change the key.", rebuild=without("key_name", at="rebuild")),
    Change("2.52", "Tags at creation.", create=without("tags", at="server")),
    Change("2.47", "The flavor is embedded.", server=_flavor_by_reference, updated=_flavor_by_reference),
    Change("2.42", "Device tags return.", create=_no_device_tags),
    Change("2.37", "Networks are required; 'auto' and 'none'.", create=_networks_optional),
    Change("2.33", "Tags of block devices are lost by accident.", create=_tagged_disks),
    Change("2.32", "Device tags.", create=_tags_nowhere),
    Change("2.30", "Live migrations can be forced.", migrate_live=without("force", at="os-migrateLive")),
    Change("2.29", "Evacuations can be forced.", evacuate=without("force", at="evacuate")),
    Change(
        "2.26",
        "Tags, and filters by them.",
        index=without(*schema.TAG_FILTERS),
        server=drop("tags"),
        updated=drop("tags"),
    ),
    Change("2.25", "Whether disks are copied can be left to Nova.", migrate_live=_migrates_in_full),
    Change(
        "2.19",
        "A description.",
        create=without("description", at="server"),
        update=without("description", at="server"),
        rebuild=without("description", at="rebuild"),
        upgrades={"create": _name_describes},
        server=drop("description"),
        updated=drop("description"),
    ),
    Change("2.16", "The status of the host is shown.", server=drop("host_status"), updated=drop("host_status")),
    Change("2.14", "Nova finds out whether storage is shared.", evacuate=_evacuates_in_full),
    Change("2.9", "The lock is shown.", server=drop("locked"), updated=drop("locked")),
    Change(
        "2.3",
        "More of Nova's own attributes; what becomes of a volume when its server is deleted.",
        server=_fewer_attributes,
        updated=_fewer_attributes,
    ),
)
