"""Servers: KubeVirt VirtualMachines.

| Server | VirtualMachine |
|---|---|
| id | label `dicot.io/server-id`, else `metadata.uid`; also `firmware.uuid` |
| name, description, metadata, tags, key_name, user_id, accessIPv4/6 | annotations (`servers.marks`) |
| status, task_state, vm_state, power_state, fault | `servers.status`: one table over machine and instance |
| flavor | `spec.instancetype`; annotation `dicot.io/flavor` keeps it as it was |
| image | annotation `dicot.io/image-id`, else the DataSource of a dataVolumeTemplate; "" for a boot volume |
| addFloatingIp, removeFloatingIp | `spec.portId`, `spec.fixedIpAddress` of the FloatingIP of that address |
| addresses, security_groups | its Ports, floating IPs; what the instance reports of others |
| volumes_attached | claims in `volumes` that are Cinder volumes |
| config_drive | always "True": a downwardAPI volume labelled `config-2`, from annotations (`servers.config_drive`) |
| user_data, an adminPass of the request | Secret `<name>-userdata`, on KubeVirt's own config drive instead |
| adminPass, changePassword | Secret `<name>-pass`, which KubeVirt tells the guest's agent of (`servers.credentials`) |
| key | `meta_data.json`; on KubeVirt's own config drive Secret `<name>-ssh`, by `accessCredentials` |
| availability_zone, host | node selectors; what is shown is the node's |
| same_host, different_host | pod affinity; the other scheduler hints are refused by name |
| local disks | dataVolumeTemplates `<name>-root`, `<name>-ephemeral`, `<name>-swap` |
| hostname | `spec.hostname` |
| resize | `spec.instancetype` and a restart; annotation `dicot.io/resize` until it is confirmed or reverted |
| rescue | a dataVolumeTemplate of the rescue image that boots first; annotation `dicot.io/rescue` |
| createImage, createBackup | a DataSource over a VolumeSnapshot of the root disk, or Cinder snapshots of all volumes |
| rebuild | a dataVolumeTemplate more in the place of the root disk's; annotation `dicot.io/rebuild` |
| os-migrateLive | a VirtualMachineInstanceMigration; a chosen host is its `addedNodeSelector` |
| os-resetState | annotation `dicot.io/declared-state`, until something is done about the server |
| shelve | stopped; annotation `dicot.io/shelved`. Its root disk stays, so that no image is made |
| created, updated | `creationTimestamp`, the newest time of fields and conditions |
| OS-SRV-USG:launched_at | the instance's transition to Running |
| server_groups | label `dicot.io/server-group`, and the affinity that the group's policy makes |
| trusted_image_certificates | none |
"""

from __future__ import annotations

from dicot.api.policy import Rule, cloud_admin
from dicot.api.route import Handler, Route
from dicot.compute.server_security_groups import handlers as groups
from dicot.compute.servers import (
    actions,
    admin_password,
    floating_ips,
    handlers,
    imaging,
    moves,
    rebuild,
    refusals,
    rescue,
    reset,
    resize,
    shelve,
)
from dicot.compute.servers.changes import HISTORY
from dicot.compute.servers.lookup import find

__all__ = ["ROUTES", "find"]

_ALL = "/servers"
_ONE = "/servers/{server_id}"
_ACTION = "/servers/{server_id}/action"
_POLICY = "os_compute_api:servers"
_ADMIN = "os_compute_api:os-admin-actions"
_MIGRATE = "os_compute_api:os-migrate-server:migrate"


def _action(
    key: str,
    handler: Handler,
    body: str,
    policy: str,
    *,
    rule: Rule | None = None,
    since: str = "",
    until: str = "",
) -> Route:
    return Route(
        method="POST",
        path=_ACTION,
        handler=handler,
        action=key,
        policy=policy,
        rule=rule,
        history=HISTORY,
        body=body,
        since=since,
        until=until,
    )


ROUTES = (
    Route(method="GET", path=_ALL, handler=handlers.index, policy=f"{_POLICY}:index", history=HISTORY, query="index"),
    Route(
        method="GET",
        path=f"{_ALL}/detail",
        handler=handlers.detail,
        policy=f"{_POLICY}:detail",
        history=HISTORY,
        query="index",
    ),
    Route(
        method="POST", path=_ALL, handler=handlers.create, policy=f"{_POLICY}:create", history=HISTORY, body="create"
    ),
    Route(method="GET", path=_ONE, handler=handlers.show, policy=f"{_POLICY}:show", history=HISTORY, query="show"),
    Route(method="PUT", path=_ONE, handler=handlers.update, policy=f"{_POLICY}:update", history=HISTORY, body="update"),
    Route(method="DELETE", path=_ONE, handler=handlers.delete, policy=f"{_POLICY}:delete"),
    _action("os-start", actions.start, "start", f"{_POLICY}:start"),
    _action("os-stop", actions.stop, "stop", f"{_POLICY}:stop"),
    _action("reboot", actions.reboot, "reboot", f"{_POLICY}:reboot"),
    _action("pause", actions.pause, "pause", "os_compute_api:os-pause-server:pause"),
    _action("unpause", actions.unpause, "unpause", "os_compute_api:os-pause-server:unpause"),
    _action("lock", actions.lock, "lock", "os_compute_api:os-lock-server:lock"),
    _action("unlock", actions.unlock, "unlock", "os_compute_api:os-lock-server:unlock"),
    _action("forceDelete", actions.force_delete, "force_delete", "os_compute_api:os-deferred-delete:force"),
    _action(
        "os-getConsoleOutput", actions.get_console_output, "get_console_output", "os_compute_api:os-console-output"
    ),
    _action("addSecurityGroup", groups.add, "add_security_group", "os_compute_api:os-security-groups:add"),
    _action("removeSecurityGroup", groups.remove, "remove_security_group", "os_compute_api:os-security-groups:remove"),
    _action("addFloatingIp", floating_ips.add, "add_floating_ip", "os_compute_api:os-floating-ips:add", until="2.43"),
    _action(
        "removeFloatingIp",
        floating_ips.remove,
        "remove_floating_ip",
        "os_compute_api:os-floating-ips:remove",
        until="2.43",
    ),
    _action("resize", resize.resize, "resize", f"{_POLICY}:resize"),
    _action("confirmResize", resize.confirm, "confirm_resize", f"{_POLICY}:confirm_resize"),
    _action("revertResize", resize.revert, "revert_resize", f"{_POLICY}:revert_resize"),
    _action("shelve", shelve.shelve, "shelve", "os_compute_api:os-shelve:shelve"),
    _action("shelveOffload", shelve.shelve_offload, "shelve_offload", "os_compute_api:os-shelve:shelve_offload"),
    _action("unshelve", shelve.unshelve, "unshelve", "os_compute_api:os-shelve:unshelve"),
    _action("rescue", rescue.rescue, "rescue", "os_compute_api:os-rescue"),
    _action("unrescue", rescue.unrescue, "unrescue", "os_compute_api:os-unrescue"),
    _action("createImage", imaging.create_image, "create_image", f"{_POLICY}:create_image"),
    _action("createBackup", imaging.create_backup, "create_backup", "os_compute_api:os-create-backup"),
    _action("os-resetState", reset.reset_state, "reset_state", f"{_ADMIN}:reset_state", rule=cloud_admin),
    _action(
        "injectNetworkInfo",
        refusals.inject_network_info,
        "inject_network_info",
        f"{_ADMIN}:inject_network_info",
        rule=cloud_admin,
    ),
    _action("resetNetwork", refusals.gone, "", f"{_ADMIN}:reset_network", rule=cloud_admin),
    _action("suspend", refusals.suspend, "suspend", "os_compute_api:os-suspend-server:suspend"),
    _action("resume", refusals.resume, "resume", "os_compute_api:os-suspend-server:resume"),
    _action("restore", refusals.restore, "restore", "os_compute_api:os-deferred-delete:restore"),
    _action("changePassword", admin_password.change_password, "change_password", "os_compute_api:os-admin-password"),
    _action(
        "trigger_crash_dump",
        refusals.trigger_crash_dump,
        "trigger_crash_dump",
        f"{_POLICY}:trigger_crash_dump",
        since="2.17",
    ),
    _action("addFixedIp", refusals.add_fixed_ip, "add_fixed_ip", "os_compute_api:os-multinic:add", until="2.43"),
    _action(
        "removeFixedIp",
        refusals.remove_fixed_ip,
        "remove_fixed_ip",
        "os_compute_api:os-multinic:remove",
        until="2.43",
    ),
    _action("migrate", refusals.migrate, "", _MIGRATE, rule=cloud_admin, until="2.55"),
    _action("migrate", refusals.migrate, "migrate", _MIGRATE, rule=cloud_admin, since="2.56"),
    _action("evacuate", moves.evacuate, "evacuate", "os_compute_api:os-evacuate", rule=cloud_admin),
    _action(
        "os-migrateLive",
        moves.migrate_live,
        "migrate_live",
        "os_compute_api:os-migrate-server:migrate_live",
        rule=cloud_admin,
    ),
    _action("rebuild", rebuild.rebuild, "rebuild", f"{_POLICY}:rebuild"),
)
