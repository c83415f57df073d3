"""The password of a guest's administrator, in a Secret that KubeVirt tells the guest's agent of.

Every key of such a Secret is a user of the guest. Pure, but for the drawing of passwords.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from dicot import names
from dicot.api.errors import BadRequest

Json = dict[str, Any]

LENGTH = 12
_SYMBOLS = ("23456789", "ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz")
"""What Nova makes passwords of, at least one of each (nova/utils.py): nothing that looks like something else."""
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_NAME_MAX = 51
"""The longest name of a Secret of which KubeVirt can name a volume of the pod, with `-access-cred` behind it."""
USER_DATA, KEY, PASSWORD = KINDS = ("-userdata", "-ssh", "-pass")
"""What Secrets of each kind are called at the end."""
_NO = ("0", "f", "false", "off", "n", "no")


def generate() -> str:
    """Draw a password as Nova does."""
    drawn = [secrets.choice(group) for group in _SYMBOLS]
    drawn += [secrets.choice("".join(_SYMBOLS)) for _ in range(LENGTH - len(drawn))]
    secrets.SystemRandom().shuffle(drawn)
    return "".join(drawn)


def password(given: str | None, *, make: bool) -> str:
    """Return the password that was asked for, else ("make") a new one, else ""; BadRequest for one that cannot be."""
    if given is None:
        return generate() if make else ""
    if not is_tellable(given):
        raise BadRequest("adminPass: a password with blanks around it would not reach the guest as it is.")
    return given


def user(properties: Mapping[str, str]) -> str:
    """Name the administrator of a guest by its image's properties, as Nova's libvirt driver does.

    "" if the guest has no agent that would be told a password; BadRequest for a name that cannot be a Secret's key.
    """
    if not has_agent(properties):
        return ""
    usual = "Administrator" if properties.get("os_type") == "windows" else "root"
    name = properties.get("os_admin_user") or usual
    if not _KEY.fullmatch(name) or name.startswith(".."):
        raise BadRequest(f"Image property os_admin_user: {name!r} cannot be the key of a Secret.")
    return name


def has_agent(properties: Mapping[str, str]) -> bool:
    """Tell whether the guest may have an agent: it has none where its image says so."""
    return properties.get("hw_qemu_guest_agent", "yes").lower() not in _NO


def is_tellable(password: str) -> bool:
    """Tell whether a password reaches the guest as it is: KubeVirt takes off what is blank around it."""
    return password == password.strip()


def secret_name(name: str) -> str:
    """Name the Secret with the password of a machine of this name."""
    return f"{name}{PASSWORD}"


def new_secret_name(machine: str, kind: str = PASSWORD) -> str:
    """Name one more such Secret of a machine, which may have any name; or one of another kind."""
    ending = f"-{secrets.token_hex(4)}{kind}"
    return names.slug(machine, _NAME_MAX - len(ending)) + ending


def is_made_for(machine: str, secret: str) -> bool:
    """Tell whether a Secret is called as Dicot calls those of a machine; any other is the tenant's own."""
    stem, _, kind = secret.rpartition("-")
    one_more = re.fullmatch(r"(.+)-[0-9a-f]{8}", stem)
    room = _NAME_MAX - len(f"-{'0' * 8}-{kind}")
    return f"-{kind}" in KINDS and (
        stem == machine or (one_more is not None and one_more[1] == names.slug(machine, room))
    )


def by_agent(secret: str) -> Json:
    """Describe the credential: the agent gives users the passwords in this Secret."""
    return {"userPassword": {"source": {"secret": {"secretName": secret}}, "propagationMethod": {"qemuGuestAgent": {}}}}


def secret_of(spec: Json) -> str:
    """Name the Secret from which a machine's or an instance's agent takes passwords; "" if there is none."""
    for one in spec.get("accessCredentials") or ():
        told = one.get("userPassword") or {}
        if "qemuGuestAgent" in (told.get("propagationMethod") or {}):
            return str(((told.get("source") or {}).get("secret") or {}).get("secretName") or "")
    return ""


def with_secret(spec: Json, secret: str) -> list[Json]:
    """Return the credentials of a machine's spec with another Secret of passwords, or ("") without any."""
    old = secret_of(spec)
    others = [one for one in spec.get("accessCredentials") or () if one != by_agent(old)]
    return [*others, by_agent(secret)] if secret else others
