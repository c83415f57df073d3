"""The serial console of each running guest: what it printed, kept in one file for each VirtualMachineInstance.

The text imitates a small Linux with cloud-init. A reboot appends a new boot.
"""

import asyncio
import hashlib
from datetime import datetime
from pathlib import Path

from dicot.devcluster.controllers.objects import name_of, uid_of
from dicot.kube import Json

LISTENERS_MOST = 64


class SerialLogs:
    """The directory of serial logs, and who listens to one as it grows."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self._listeners: dict[str, list[asyncio.Queue[bytes]]] = {}

    def path(self, uid: str) -> Path:
        """Say where the log of this VirtualMachineInstance is."""
        return self.root / f"{uid}.log"

    def read(self, uid: str) -> bytes:
        """Read all that the guest printed."""
        path = self.path(uid)
        return path.read_bytes() if path.exists() else b""

    def append(self, uid: str, text: str) -> None:
        """Let the guest print something."""
        data = text.replace("\n", "\r\n").encode()
        with self.path(uid).open("ab") as file:
            file.write(data)
        for queue in self._listeners.get(uid, []):
            queue.put_nowait(data)

    def listen(self, uid: str) -> asyncio.Queue[bytes]:
        """Hear what the guest prints from now on; end with `unlisten`."""
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        listeners = self._listeners.setdefault(uid, [])
        listeners.append(queue)
        if len(listeners) > LISTENERS_MOST:
            listeners.pop(0)
        return queue

    def unlisten(self, uid: str, queue: asyncio.Queue[bytes]) -> None:
        """Hear no more."""
        listeners = self._listeners.get(uid, [])
        if queue in listeners:
            listeners.remove(queue)
        if not listeners:
            self._listeners.pop(uid, None)

    def remove(self, uid: str) -> None:
        """Forget the log, as happens to a pod's logs when the pod goes."""
        self.path(uid).unlink(missing_ok=True)
        self._listeners.pop(uid, None)

    def keep_only(self, uids: set[str]) -> None:
        """Remove the logs of all others: what a crash left behind."""
        for path in self.root.iterdir():
            if path.stem not in uids:
                path.unlink(missing_ok=True)


def hostname_of(vmi: Json) -> str:
    """Say what the guest calls itself: spec.hostname, else the name up to its first dot, at most 63 characters."""
    return vmi["spec"].get("hostname") or name_of(vmi).split(".")[0][:63]


def kernel_lines(vmi: Json) -> str:
    """Print what the firmware and the kernel say first."""
    memory = vmi["spec"]["domain"].get("memory", {}).get("guest", "0")
    return (
        "[    0.000000] Linux version 6.1.0-28-cloud-amd64 (gcc-12 (Debian 12.2.0-14) 12.2.0) "
        "#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1\n"
        "[    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz-6.1.0-28-cloud-amd64 root=/dev/vda1 ro console=ttyS0\n"
        "[    0.000000] Hypervisor detected: KVM\n"
        f"[    0.004211] Memory: {memory} available\n"
        "[    0.412077] virtio_blk virtio1: [vda] detected\n"
        "[    0.918340] EXT4-fs (vda1): mounted filesystem with ordered data mode. Quota mode: none.\n"
        "[    1.204412] systemd[1]: Detected virtualization kvm.\n"
    )


def cloud_init_lines(vmi: Json, now: datetime) -> str:
    """Print what cloud-init says: addresses, host keys, and that it has finished."""
    host = hostname_of(vmi)
    interfaces = (vmi.get("status") or {}).get("interfaces") or []
    rows = "".join(
        f"ci-info: |  eth{i}  | True | {nic.get('ipAddress', '.')} | {nic.get('mac', '.')} |\n"
        for i, nic in enumerate(interfaces)
    )
    keys = "".join(
        f"{bits} SHA256:{hashlib.sha256((uid_of(vmi) + kind).encode()).hexdigest()[:43]} root@{host} ({kind})\n"
        for bits, kind in ((256, "ECDSA"), (256, "ED25519"), (3072, "RSA"))
    )
    return (
        f"Cloud-init v. 22.4.2 running 'init' at {now:%a, %d %b %Y %H:%M:%S} +0000. Up 2.91 seconds.\n"
        "ci-info: +++++++++++++++++++++ Net device info +++++++++++++++++++++\n"
        f"{rows}"
        f"[    3.100152] systemd[1]: Hostname set to <{host}>.\n"
        "-----BEGIN SSH HOST KEY FINGERPRINTS-----\n"
        f"{keys}"
        "-----END SSH HOST KEY FINGERPRINTS-----\n"
        f"Cloud-init v. 22.4.2 finished at {now:%a, %d %b %Y %H:%M:%S} +0000. "
        "Datasource DataSourceConfigDrive [net,ver=2][source=/dev/sr0].  Up 4.66 seconds\n"
    )


def login_prompt(vmi: Json) -> str:
    """Print the login prompt, which no newline ends."""
    return f"\nDebian GNU/Linux 12 {hostname_of(vmi)} ttyS0\n\n{hostname_of(vmi)} login: "


def shutdown_lines() -> str:
    """Print what the guest says when it goes down."""
    return "\n[  OK  ] Reached target poweroff.target - System Power Off.\n[   99.000000] reboot: Power down\n"
