"""Where the kube-apiserver of `make test-kube`, 1.20, answers otherwise than the recorded 1.36: by name, and why."""

CEL = "rules in CEL came later, and with them the remark that rules were not checked"
EARLIER = "what an earlier request was refused by 1.36 it has made here, or the other way round"
DESCRIPTIONS = "a column is described in other words"
DISCOVERY = "other groups and versions; singular names, aggregated discovery and OpenAPI 3 came later"
FIELD_VALIDATION = "fieldValidation and warnings of unknown or doubled fields came later"
FRONT = (
    "what is too old is refused before this server is asked, in the words for watches; exact revisions are let through"
)
LABELLED = "namespaces bear their name as a label since 1.21, and managed fields tell of phases that strategies set"
MANAGED = "managed fields are told apart by subresource, and without what strategies reset, since 1.21 and 1.22"
METADATA = "metadata of reviews bear an empty creationTimestamp, and no name"
PREFIX = "the message quotes the key in etcd, whose prefix is another"
REVIEW = "SelfSubjectReview came later"
SELECTABLE = "selectable fields of custom kinds came later"
STREAMED = "sendInitialEvents came later"
UNCOUNTED = "lists of metadata do not count what remains"
UNORDERED = "the watch cache lists in no order"
WARNED = "this warning came later"
WORDS = "the same refusal in other words"
TOKENLESS = "pods wait for a token of their service account, which no controller makes here"
STATUS = "the same refusal with another status"

DIFFERENT: dict[str, dict[str, str]] = {
    "crud": {
        "create without name": CEL,
        "missing kind": WORDS,
        "schema: missing required": CEL,
        "schema: no spec": CEL,
        "schema: wrong type": CEL,
        "schema: float for int": CEL,
        "schema: many faults": CEL,
        "schema: cel rule": CEL,
        "schema: null for non-nullable": EARLIER,
        "unknown field, default fieldValidation ": FIELD_VALIDATION,
        "unknown field, Strict": FIELD_VALIDATION,
        "unknown field, Warn": FIELD_VALIDATION,
        "fieldValidation nonsense": FIELD_VALIDATION,
        "duplicate field, Strict": FIELD_VALIDATION,
        "duplicate field, default": FIELD_VALIDATION,
        "unknown metadata field": FIELD_VALIDATION,
        "non-string label": WORDS,
        "uid and creationTimestamp on create are overwritten": MANAGED,
        "status in create is dropped (status subresource)": MANAGED,
        "wrong apiVersion": FIELD_VALIDATION,
        "PUT with junk resourceVersion": "the recording shows another body than the one that was sent",
        "PUT without resourceVersion (CR)": WORDS,
        "PUT with resourceVersion 0": WORDS,
        "PUT with other uid": PREFIX,
        "PUT main with only status change: no-op, same rv/generation": MANAGED,
        "PUT status: spec and labels ignored, generation kept": MANAGED,
        "GET status subresource": MANAGED,
        "dryRun nonsense": WORDS,
        "core: bad quantity in pvc": WORDS,
        "core: pvc": MANAGED,
        "core: pvc delete returns the object (finalizer)": MANAGED,
        "core: secret bad base64": WORDS,
        "delete collection all": EARLIER,
    },
    "discovery": {
        "/": DISCOVERY,
        "/api": DISCOVERY,
        "/version": DISCOVERY,
        "/readyz?verbose": DISCOVERY,
        "/openapi/v2?": DISCOVERY,
        "/openapi/v3/apis/example.com/v1": DISCOVERY,
        "/api/v1": DISCOVERY,
        "/apis": DISCOVERY,
        "/apis/": DISCOVERY,
        "/openapi/v3": DISCOVERY,
        "/nope": DISCOVERY,
        "/apis/apps/v1": DISCOVERY,
        "aggregated discovery v2 (/apis)": DISCOVERY,
        "aggregated discovery v2 (/api)": DISCOVERY,
    },
    "list": {
        "labelSelector bad selector here": WORDS,
        "fieldSelector spec.color=blue": SELECTABLE,
        "resourceVersion=0 (any)": UNORDERED,
        "resourceVersion=0 with limit (limit ignored by cache)": UNORDERED,
        "resourceVersion=1 NotOlderThan (default)": UNORDERED,
        "resourceVersion=rv1 NotOlderThan": UNORDERED,
        "rv junk": STATUS,
        "Table list": DESCRIPTIONS,
        "Table item, includeObject=Object": DESCRIPTIONS,
        "Table includeObject=None": DESCRIPTIONS,
        "Table then json fallback (kubectl Accept)": DESCRIPTIONS,
        "Table of pods": DESCRIPTIONS,
        "PartialObjectMetadataList": UNCOUNTED,
    },
    "watch": {
        "watch without rv: synthetic ADDED for existing objects first": UNORDERED,
        "watch rv=0: synthetic ADDED": UNORDERED,
        "sendInitialEvents streaming list: ADDED..., BOOKMARK with k8s.io/initial-events-end": STREAMED,
        "sendInitialEvents without resourceVersionMatch": STREAMED,
        "watch with resourceVersionMatch only": STREAMED,
        "watch as Table": UNORDERED,
        "watch as PartialObjectMetadata": UNORDERED,
        "watch cluster-wide": UNORDERED,
        "watch with limit (ignored?)": UNORDERED,
        "deprecated /watch/ path": UNORDERED,
    },
    "patch": {
        "merge patch null of required": CEL,
        "merge patch array body": STATUS,
        "merge patch not json": STATUS,
        "merge patch unknown field default": FIELD_VALIDATION,
        "merge patch unknown field Strict": FIELD_VALIDATION,
        "merge patch status through main: ignored": MANAGED,
        "merge patch /status": MANAGED,
        "json patch": MANAGED,
        "json patch replace missing": FIELD_VALIDATION,
        "json patch object instead of array": WORDS,
        "json patch invalid result": CEL,
        "strategic merge on core object": LABELLED,
        "apply missing apiVersion": WORDS,
        "fieldManager too long": WORDS,
    },
    "finalizers-gc": {
        "unqualified finalizer": WARNED,
        "child (background)": MANAGED,
        "blocking child": MANAGED,
        "two controllers": WORDS,
    },
    "auth": {
        "SSAR admin": METADATA,
        "SSAR alice": METADATA,
        "SSAR alice subresource": METADATA,
        "SSAR nonresource": METADATA,
        "SSAR empty spec": WORDS,
        "SSAR alice after RoleBinding admin in g1": METADATA,
        "SelfSubjectRulesReview alice": METADATA,
        "SubjectAccessReview": METADATA,
        "anonymous /version": DISCOVERY,
        "SelfSubjectReview (whoami)": REVIEW,
        "TokenReview ok": METADATA,
        "TokenReview bad": METADATA,
        "TokenRequest for a service account": METADATA,
        "whoami with the sa token": REVIEW,
        "impersonate as admin": REVIEW,
        "impersonate uid": REVIEW,
        "impersonate group without user": STATUS,
        "alice may not impersonate": "the refusal names the user and not what was asked for",
        "impersonate service account": REVIEW,
    },
    "namespaces": {
        "create": LABELLED,
        "delete: returns Terminating": LABELLED,
        "terminating with conditions": LABELLED,
        "quota status": MANAGED,
        "pod without memory request under quota": TOKENLESS,
    },
    "expired": {
        "continue token whose revision is compacted": FRONT,
        "resourceVersion=rv Exact of a compacted revision": FRONT,
        "resourceVersion=1 Exact": FRONT,
    },
}
BY_CHANCE = (UNORDERED,)
"""Reasons for which an answer may be equal all the same, once in a while."""
