"""May the virtual machine's ServiceAccount clone the disk that a dataVolumeTemplate names? Kubernetes is asked.

The one question that virt-controller asks on behalf of the machine's namespace before it creates a DataVolume.
"""

from dicot.devcluster.controllers.cdi.source import clone_source
from dicot.devcluster.controllers.kubevirt.volumes import template_spec
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import namespace_of
from dicot.devcluster.controllers.stage import Run
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.errors import Forbidden, NotFound
from dicot.kube.kinds import SUBJECT_ACCESS_REVIEWS

UNAUTHORIZED = "UnauthorizedDataVolumeCreate"


def service_account(vm: Json) -> str:
    """Name the ServiceAccount that the launcher runs as: a serviceAccount volume's, else the namespace's default."""
    spec = template_spec(vm)
    for volume in spec.get("volumes") or []:
        if "serviceAccount" in volume:
            return volume["serviceAccount"]["serviceAccountName"]
    return spec.get("serviceAccountName") or "default"


def check(vm: Json, template: Json, world: World) -> Run:
    """Raise Forbidden if the ServiceAccount may not clone the template's source out of another namespace."""
    namespace = template["metadata"].get("namespace") or namespace_of(vm)
    name = service_account(vm)
    user = f"system:serviceaccount:{namespace_of(vm)}:{name}"
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{namespace_of(vm)}", "system:authenticated"]

    async def ask(machinery: Machinery) -> None:
        source = clone_source(template["spec"], namespace, world)
        if source is None or source.namespace == namespace_of(vm):
            return
        if not await may_clone(machinery, user, groups, source.namespace, source.name):
            message = (
                f"Authorization failed, message is: User {user} has insufficient permissions in clone source namespace "
                f"{source.namespace}"
            )
            raise Forbidden(message, reason=UNAUTHORIZED)

    return Run(ask)


async def may_clone(machinery: Machinery, user: str, groups: list[str], namespace: str, name: str) -> bool:
    """Ask whether someone may read the claim or snapshot `name` for a clone: datavolumes/source, or pods, create."""
    asked = (
        {"group": "cdi.kubevirt.io", "resource": "datavolumes", "subresource": "source", "name": name},
        {"group": "", "resource": "pods"},
    )
    for resource in asked:
        attributes = {"namespace": namespace, "verb": "create", **resource}
        body: Json = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": user, "groups": groups, "resourceAttributes": attributes},
        }
        answer = await machinery.client.create(SUBJECT_ACCESS_REVIEWS, body)
        if answer["status"]["allowed"]:
            return True
    return False


def missing_source(name: str) -> NotFound:
    """Write the refusal of a DataSource that does not exist."""
    return NotFound(f'datasources.cdi.kubevirt.io "{name}" not found')
