"""Role assignments as Keystone lists them. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot.identity import grants

Json = dict[str, Any]


class Party(msgspec.Struct, frozen=True):
    """A user, group or project: its id, and what `include_names` adds."""

    id: str
    name: str
    domain_id: str


class Assignment(msgspec.Struct, frozen=True):
    """One role of one user or group on one project, domain or (neither) the system.

    `membership`: the group that the user has it through. `prior`: the role that implies it. `inherited`: it holds in
    the projects below; of one that was told as what it means for a project, `below` is the path of where it is from.
    """

    role: str
    role_name: str
    user: Party | None = None
    group: Party | None = None
    project: Party | None = None
    domain_id: str = ""
    membership: str = ""
    prior: str = ""
    inherited: bool = False
    below: str = ""

    @property
    def system(self) -> bool:
        """Tell whether the role is on the whole system."""
        return self.project is None and not self.domain_id


def assignment(one: Assignment, url: str, domains: dict[str, str] | None) -> Json:
    """Show an assignment; `domains` are names by id if names are wanted."""
    path = f"/OS-INHERIT{_path(one)}/inherited_to_projects" if one.inherited else _path(one)
    links = {"assignment": f"{url}{path}"}
    body: Json = {"links": links, "scope": _scope(one, domains)}
    if one.user is not None:
        body["user"] = _party(one.user, domains)
        if one.membership:
            links["membership"] = f"{url}/groups/{one.membership}/users/{one.user.id}"
    elif one.group is not None:
        body["group"] = _party(one.group, domains)
    role_id = grants.role_id(one.role)
    body["role"] = {"id": role_id} if domains is None else {"id": role_id, "name": one.role_name}
    if one.inherited:
        body["scope"]["OS-INHERIT:inherited_to"] = "projects"
    if one.prior:
        links["prior_role"] = f"{url}/prior_role/{grants.role_id(one.prior)}/implies/{role_id}"
    return body


def _party(party: Party, domains: dict[str, str] | None) -> Json:
    if domains is None:
        return {"id": party.id}
    domain = {"id": party.domain_id, "name": domains.get(party.domain_id, party.domain_id)}
    return {"id": party.id, "name": party.name, "domain": domain}


def _scope(one: Assignment, domains: dict[str, str] | None) -> Json:
    if one.project is not None:
        return {"project": _party(one.project, domains)}
    if not one.domain_id:
        return {"system": {"all": True}}
    if domains is None:
        return {"domain": {"id": one.domain_id}}
    return {"domain": {"id": one.domain_id, "name": domains.get(one.domain_id, one.domain_id)}}


def _path(one: Assignment) -> str:
    if one.membership or one.user is None:
        who = f"/groups/{one.membership or (one.group.id if one.group else '')}"
    else:
        who = f"/users/{one.user.id}"
    return f"{place(one)}{who}/roles/{grants.role_id(one.prior or one.role)}"


def place(one: Assignment) -> str:
    """Return the path of what an assignment was made on."""
    if one.below:
        return one.below
    if one.project is not None:
        return f"/projects/{one.project.id}"
    return f"/domains/{one.domain_id}" if one.domain_id else "/system"
