"""The Accept header: which of Kubernetes' representations is wanted. 406 where none can be produced."""

import msgspec

from dicot.devcluster.apiserver.status import not_acceptable

_JSON = ("application/json", "application/*", "*/*")
_SHAPES = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")


class Form(msgspec.Struct, frozen=True):
    """A representation: JSON or YAML, whole or in another shape."""

    yaml: bool = False
    shape: str = ""

    @property
    def plain_json(self) -> bool:
        """Whether it is the object's own JSON."""
        return not self.yaml and not self.shape


_PLAIN = Form()


def negotiate(accept: str) -> Form:
    """Choose the first representation that can be produced."""
    if accept in ("", "application/json", "*/*"):
        return _PLAIN
    for choice in accept.split(","):
        form = _form(choice)
        if form is not None:
            return form
    raise not_acceptable()


def _form(choice: str) -> Form | None:
    media, *rest = (part.strip() for part in choice.split(";"))
    parameters = dict(part.split("=", 1) for part in rest if "=" in part)
    if media == "application/yaml":
        return Form(yaml=True)
    if media not in _JSON:
        return None
    shape = parameters.get("as", "")
    if not shape:
        return _PLAIN
    known = shape in _SHAPES and parameters.get("g") == "meta.k8s.io" and parameters.get("v") == "v1"
    return Form(shape=shape) if known else None


def wants(accept: str, shape: str, group: str, version: str) -> bool:
    """Tell whether the header asks first for one particular shape of another group, as discovery does."""
    first = accept.split(",", maxsplit=1)[0].replace(" ", "")
    return all(part in first.split(";") for part in (f"as={shape}", f"g={group}", f"v={version}"))
