"""RBAC, impersonation and tokens, beyond what the recordings show."""

from typing import Any

from dicot.devcluster.server import DevCluster
from tests.devcluster.apiserver.client import Kube
from tests.devcluster.apiserver.widget import PATH, widget

Json = dict[str, Any]
RBAC = "/apis/rbac.authorization.k8s.io/v1"
ROLES = f"{RBAC}/namespaces/g1/roles"
BINDINGS = f"{RBAC}/namespaces/g1/rolebindings"


def role(name: str, *rules: Json) -> Json:
    return {"metadata": {"name": name}, "rules": list(rules)}


def rule(verbs: str, resources: str, group: str = "example.com", **more: Any) -> Json:
    return {"verbs": verbs.split(), "apiGroups": [group], "resources": resources.split(), **more}


def binding(name: str, role_name: str, user: str, kind: str = "Role") -> Json:
    return {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role_name},
        "subjects": [{"kind": "User", "name": user}],
    }


async def test_a_binding_takes_effect_and_loses_it_at_once(cluster: DevCluster, kube: Kube) -> None:
    bob = kube.acting(cluster.add_user("bob"))
    await bob.refused(403, "GET", PATH)
    await kube.post(ROLES, role("reader", rule("get list", "widgets")))
    await kube.post(BINDINGS, binding("bob-reads", "reader", "bob"))
    await bob.get(PATH)
    await bob.refused(403, "POST", PATH, widget("a"))
    await bob.refused(403, "GET", "/apis/example.com/v1/widgets")
    await kube.delete(f"{BINDINGS}/bob-reads")
    await bob.refused(403, "GET", PATH)


async def test_resource_names_and_subresources_are_told_apart(cluster: DevCluster, kube: Kube) -> None:
    bob = kube.acting(cluster.add_user("bob"))
    named = rule("get patch", "widgets/status", resourceNames=["mine"])
    await kube.post(ROLES, role("narrow", named))
    await kube.post(BINDINGS, binding("bob-narrow", "narrow", "bob"))
    for name in ("mine", "other"):
        await kube.post(PATH, widget(name))
    await bob.get(f"{PATH}/mine/status")
    await bob.refused(403, "GET", f"{PATH}/other/status")
    await bob.refused(403, "GET", f"{PATH}/mine")


async def test_aggregated_roles_gather_rules_by_label(cluster: DevCluster, kube: Kube) -> None:
    bob = kube.acting(cluster.add_user("bob"))
    await kube.post(BINDINGS, binding("bob-view", "view", "bob", "ClusterRole"))
    await bob.refused(403, "GET", PATH)
    part = role("widgets-view", rule("get list watch", "widgets"))
    part["metadata"]["labels"] = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
    await kube.post(f"{RBAC}/clusterroles", part)
    await bob.get(PATH)
    admin = await kube.get(f"{RBAC}/clusterroles/admin")
    assert rule("get list watch", "widgets") in admin["rules"]


async def test_nobody_grants_what_they_do_not_have(cluster: DevCluster, kube: Kube) -> None:
    bob = kube.acting(cluster.add_user("bob", ["devs"]))
    own = [
        rule("get list", "widgets"),
        rule("create update", "roles rolebindings", "rbac.authorization.k8s.io"),
    ]
    await kube.post(ROLES, role("delegate", *own))
    await kube.post(BINDINGS, binding("bob-delegates", "delegate", "bob"))
    await bob.post(ROLES, role("less", rule("get", "widgets")))
    refused = await bob.refused(403, "POST", ROLES, role("more", rule("delete", "widgets")))
    assert refused["message"] == (
        'roles.rbac.authorization.k8s.io "more" is forbidden: user "bob" (groups=["devs" "system:authenticated"]) is'
        " attempting to grant RBAC permissions not currently held:\n"
        '{APIGroups:["example.com"], Resources:["widgets"], Verbs:["delete"]}'
    )
    await bob.refused(403, "POST", BINDINGS, binding("up", "cluster-admin", "bob", "ClusterRole"))
    await bob.post(BINDINGS, binding("down", "less", "carol"))
    await kube.post(ROLES, role("binder", rule("bind", "clusterroles", "rbac.authorization.k8s.io")))
    await kube.post(BINDINGS, binding("bob-binds", "binder", "bob"))
    await bob.post(BINDINGS, binding("up", "edit", "carol", "ClusterRole"))


async def test_impersonation_needs_the_right_to_each_part(cluster: DevCluster, kube: Kube) -> None:
    service = kube.acting(cluster.add_user("service"))
    await kube.post(f"{RBAC}/clusterroles", role("acts", rule("impersonate", "users", "", resourceNames=["bob"])))
    await kube.post(f"{RBAC}/clusterrolebindings", binding("service-acts", "acts", "service", "ClusterRole"))
    who = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    seen = await service.ok("POST", path, who, impersonate_user="bob")
    assert seen["status"]["userInfo"] == {"username": "bob", "groups": ["system:authenticated"]}
    await service.refused(403, "POST", path, who, impersonate_user="carol")
    await service.refused(403, "POST", path, who, impersonate_user="bob", impersonate_group="devs")


async def test_a_service_account_token_lives_as_long_as_its_account(kube: Kube) -> None:
    accounts = "/api/v1/namespaces/g1/serviceaccounts"
    await kube.post(accounts, {"metadata": {"name": "robot"}})
    made = await kube.post(f"{accounts}/robot/token", {"spec": {}})
    robot = kube.acting(made["status"]["token"])
    await robot.refused(403, "GET", PATH)
    review = {"kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1", "spec": {"token": robot.token}}
    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    assert (await kube.post(path, review))["status"]["user"]["username"] == "system:serviceaccount:g1:robot"
    await kube.delete(f"{accounts}/robot")
    await robot.refused(401, "GET", PATH)
    assert (await kube.post(path, review))["status"]["error"] == "invalid bearer token"


async def test_a_changed_token_is_no_token(kube: Kube) -> None:
    accounts = "/api/v1/namespaces/g1/serviceaccounts"
    made = await kube.post(f"{accounts}/default/token", {"spec": {}})
    head, payload, signature = made["status"]["token"].split(".")
    await kube.acting(f"{head}.{payload[:-2]}AA.{signature}").refused(401, "GET", PATH)


async def test_a_bound_token_lives_as_long_as_its_pod(kube: Kube) -> None:
    pods = "/api/v1/namespaces/g1/pods"
    made = await kube.post(pods, {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
    reference = {"kind": "Pod", "apiVersion": "v1", "name": "p", "uid": made["metadata"]["uid"]}
    path = "/api/v1/namespaces/g1/serviceaccounts/default/token"
    token = await kube.post(path, {"spec": {"boundObjectRef": reference}})
    assert token["spec"]["boundObjectRef"] == reference
    robot = kube.acting(token["status"]["token"])
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    whoami = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    extra = (await robot.post(whoami, review))["status"]["userInfo"]["extra"]
    assert extra["authentication.kubernetes.io/pod-name"] == ["p"]
    await kube.refused(409, "POST", path, {"spec": {"boundObjectRef": {**reference, "uid": "other"}}})
    await kube.refused(404, "POST", path, {"spec": {"boundObjectRef": {**reference, "name": "q"}}})
    await kube.refused(400, "POST", path, {"spec": {"boundObjectRef": {**reference, "kind": "Service"}}})
    await kube.delete(f"{pods}/p")
    await robot.refused(401, "POST", whoami, review)


async def test_escalate_allows_to_grant_what_one_does_not_have(cluster: DevCluster, kube: Kube) -> None:
    bob = kube.acting(cluster.add_user("bob"))
    verbs = "create update escalate"
    await kube.post(ROLES, role("grants", rule(verbs, "roles", "rbac.authorization.k8s.io")))
    await kube.post(BINDINGS, binding("bob-grants", "grants", "bob"))
    await bob.post(ROLES, role("more", rule("delete", "widgets")))


async def test_impersonated_extras_and_uids_need_rights_of_their_own(cluster: DevCluster, kube: Kube) -> None:
    service = kube.acting(cluster.add_user("service"))
    authentication = "authentication.k8s.io"
    rules = [
        rule("impersonate", "users", ""),
        rule("impersonate", "uids", authentication, resourceNames=["u1"]),
        rule("impersonate", "userextras/scopes", authentication, resourceNames=["view"]),
    ]
    await kube.post(f"{RBAC}/clusterroles", role("acts", *rules))
    await kube.post(f"{RBAC}/clusterrolebindings", binding("service-acts", "acts", "service", "ClusterRole"))
    review = {"apiVersion": f"{authentication}/v1", "kind": "SelfSubjectReview"}
    path = f"/apis/{authentication}/v1/selfsubjectreviews"
    as_bob = {"impersonate_user": "bob", "impersonate_uid": "u1", "impersonate_extra_scopes": "view"}
    seen = (await service.ok("POST", path, review, **as_bob))["status"]["userInfo"]
    assert (seen["uid"], seen["extra"]) == ("u1", {"scopes": ["view"]})
    await service.refused(403, "POST", path, review, **{**as_bob, "impersonate_uid": "u2"})
    await service.refused(403, "POST", path, review, **{**as_bob, "impersonate_extra_scopes": "edit"})


async def test_a_local_review_is_about_its_namespace(cluster: DevCluster, kube: Kube) -> None:
    await kube.post(ROLES, role("reader", rule("get", "widgets")))
    await kube.post(BINDINGS, binding("bob-reads", "reader", "bob"))
    path = "/apis/authorization.k8s.io/v1/namespaces/{}/localsubjectaccessreviews"
    for namespace, allowed in (("g1", True), ("g2", False)):
        asked = {"namespace": namespace, "verb": "get", "group": "example.com", "resource": "widgets"}
        answer = await kube.post(path.format(namespace), {"spec": {"user": "bob", "resourceAttributes": asked}})
        assert answer["status"]["allowed"] is allowed
