"""The table of operations: each HTTP method and path the client can call, once.

The helper that builds a row says when the request may be retried. The table contains no types, so importing it costs
nothing: a resource's method adds the types.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

__all__ = ["KeyKind", "Operation", "Repeat", "find_operation"]

KeyKind: TypeAlias = Literal["inference", "management", "any", "optional", "none"]

Repeat: TypeAlias = Literal["always", "unanswered", "refused"]
"""When a failed request may be retried.

`always`: after any failure; for reads, and for requests that the service recognises by an `Idempotency-Key`.
`unanswered`: if no response came, though the first may have been performed and billed, but not after a timeout and
not after a piece of a stream was delivered; for calls of models. `refused`: only if the service cannot have performed
it: there was no connection, or the service reports that in an error of its own; for operations that create or change
something.
"""


class Operation(NamedTuple):
    """One HTTP method and path."""

    name: str
    """Our name for it, as in the client: `chat.create`; it appears in logs, hooks and errors."""
    method: str
    path: str
    """Below the base URL; `{name}` is filled in, quoted."""
    repeat: Repeat
    """When it may be sent again."""
    spec_id: str | None = None
    """`operationId` in the service's OpenAPI document; None where the document lacks the operation."""
    key: KeyKind = "inference"
    answers_with: frozenset[int] = frozenset()
    """Statuses of errors that may come with an answer all the same; without one they are errors."""
    is_file: bool = False
    """Whether the answer is given as bytes or text, of whatever kind, and not parsed."""
    is_keyed: bool = False
    """Whether it carries an `Idempotency-Key`, one for each call, by which the service knows a repetition."""
    has_secrets: bool = False
    """Whether its bodies contain a secret besides the client's key; then they are never logged."""
    is_redirected: bool = False
    """Whether the service may redirect to another of its own paths, which the client then follows."""


def _read(name: str, path: str, spec_id: str, key: KeyKind = "any") -> Operation:
    """A GET; may always be sent again."""
    return Operation(name=name, method="GET", path=path, spec_id=spec_id, key=key, repeat="always")


def _ask(name: str, path: str, spec_id: str | None) -> Operation:
    """A POST that a model answers, which is billed; sent again when no answer came."""
    return Operation(name=name, method="POST", path=path, spec_id=spec_id, repeat="unanswered")


def _query(name: str, path: str, spec_id: str, key: KeyKind) -> Operation:
    """A POST that changes nothing; may always be sent again."""
    return Operation(name=name, method="POST", path=path, spec_id=spec_id, key=key, repeat="always")


def _act(name: str, path: str, spec_id: str, key: KeyKind = "management", method: str = "POST") -> Operation:
    """A request that creates or changes something; sent again only where it was refused."""
    return Operation(name=name, method=method, path=path, spec_id=spec_id, key=key, repeat="refused")


def _act_by_key(name: str, path: str, spec_id: str, key: KeyKind = "management") -> Operation:
    """A POST with an `Idempotency-Key`; may always be sent again."""
    return _act(name, path, spec_id, key)._replace(repeat="always", is_keyed=True)


def _secret(row: Operation) -> Operation:
    """Whose bodies are never logged."""
    return row._replace(has_secrets=True)


def _file(row: Operation) -> Operation:
    """Whose answer is bytes or text, of whatever kind."""
    return row._replace(is_file=True)


def _change(name: str, path: str, spec_id: str) -> Operation:
    """A PATCH; sent again only where it was refused."""
    return _act(name, path, spec_id, method="PATCH")


def _set(name: str, path: str, spec_id: str) -> Operation:
    """A PUT; sent again only where it was refused."""
    return _act(name, path, spec_id, method="PUT")


def _remove(name: str, path: str, spec_id: str, key: KeyKind = "management") -> Operation:
    """A DELETE; sent again only where it was refused."""
    return _act(name, path, spec_id, key, method="DELETE")


# Models answer

CREATE_CHAT = _ask("chat.create", "/chat/completions", "sendChatCompletionRequest")
CREATE_MESSAGE = _ask("messages.create", "/messages", "createMessages")
CREATE_COMPLETION = _ask("completions.create", "/completions", None)
CREATE_RESPONSE = _ask("responses.create", "/responses", "createResponses")
CREATE_EMBEDDINGS = _ask("embeddings.create", "/embeddings", "createEmbeddings")

# Media, ranks and decisions

CREATE_IMAGES = _act("images.create", "/images", "createImages", "inference")
LIST_IMAGE_MODELS = _read("images.models", "/images/models", "listImageModels", "optional")
LIST_IMAGE_ENDPOINTS = _read(
    "images.endpoints", "/images/models/{author}/{slug}/endpoints", "listImageModelEndpoints", "optional"
)
CREATE_SPEECH = _file(_ask("audio.speak", "/audio/speech", "createAudioSpeech"))
CREATE_TRANSCRIPTION = _ask("audio.transcribe", "/audio/transcriptions", "createAudioTranscriptions")
CREATE_VIDEO = _act("videos.create", "/videos", "createVideos", "inference")
GET_VIDEO = _read("videos.get", "/videos/{jobId}", "getVideos", "inference")
GET_VIDEO_CONTENT = _file(
    _read("videos.content", "/videos/{jobId}/content", "listVideosContent", "inference")
)
LIST_VIDEO_MODELS = _read("videos.models", "/videos/models", "listVideosModels", "optional")
CREATE_RERANK = _ask("rerank.create", "/rerank", "createRerank")
CREATE_DECISIONS = _ask("decisions.create", "/systemone", "createSystemone")
LIST_EMBEDDING_MODELS = _read("embeddings.models", "/embeddings/models", "listEmbeddingsModels", "optional")

# Files, and the containers of tools

LIST_FILES = _read("files.list", "/files", "listFiles", "inference")
UPLOAD_FILE = _act("files.upload", "/files", "uploadFile", "inference")
GET_FILE = _read("files.get", "/files/{file_id}", "getFileMetadata", "inference")
DELETE_FILE = _remove("files.delete", "/files/{file_id}", "deleteFile", "inference")
GET_FILE_CONTENT = _file(
    _read("files.content", "/files/{file_id}/content", "downloadFileContent", "inference")
)
LIST_CONTAINER_FILES = _read(
    "containers.files", "/containers/{container_id}/files", "listContainerFiles", "inference"
)
GET_CONTAINER_FILE = _read(
    "containers.file", "/containers/{container_id}/files/{file_id}", "getContainerFile", "inference"
)
GET_CONTAINER_CONTENT = _file(
    _read(
        "containers.content",
        "/containers/{container_id}/files/{file_id}/content",
        "downloadContainerFileContent",
        "inference",
    )
)
PROMOTE_CONTAINER_FILE = _act(
    "containers.promote",
    "/containers/{container_id}/files/{file_id}/promote",
    "promoteContainerFile",
    "inference",
)

# The catalogue

LIST_MODELS = _read("models.list", "/models", "getModels", "optional")
GET_MODEL = _read("models.get", "/model/{author}/{slug}", "getModel", "optional")
COUNT_MODELS = _read("models.count", "/models/count", "listModelsCount", "optional")
LIST_USER_MODELS = _read("models.user", "/models/user", "listModelsUser", "inference")
LIST_MODEL_ENDPOINTS = _read(
    "models.endpoints", "/models/{author}/{slug}/endpoints", "listEndpoints", "optional"
)
LIST_ZDR_ENDPOINTS = _read("endpoints.zdr", "/endpoints/zdr", "listEndpointsZdr", "optional")
LIST_PROVIDERS = _read("providers.list", "/providers", "listProviders", "optional")

LIST_SERVER_TOOLS = _read("server_tools.list", "/tools", "listTools")
GET_SERVER_TOOL = _read("server_tools.get", "/tools/{name}", "getTool")._replace(is_redirected=True)
LIST_MODEL_RANKINGS = _read("datasets.models", "/datasets/rankings-daily", "getRankingsDaily")
LIST_APP_RANKINGS = _read("datasets.apps", "/datasets/app-rankings", "getAppRankings")
LIST_SESSION_COSTS = _read("datasets.session_costs", "/datasets/session-cost", "getSessionCost")
GET_TASK_SHARES = _read("datasets.tasks", "/classifications/task", "getTaskClassifications")
LIST_BENCHMARKS = _read("datasets.benchmarks", "/benchmarks", "getBenchmarks")

# The account

GET_KEY = _read("key.get", "/key", "getCurrentKey")
GET_CREDITS = _read("credits.get", "/credits", "getCredits", "management")
LIST_ACTIVITY = _read("activity.list", "/activity", "getUserActivity", "management")
LIST_KEYS = _read("keys.list", "/keys", "list", "management")
GET_ACCOUNT_KEY = _read("keys.get", "/keys/{hash}", "getKey", "management")
CREATE_KEY = _secret(_act("keys.create", "/keys", "createKeys"))
UPDATE_KEY = _change("keys.update", "/keys/{hash}", "updateKeys")
DELETE_KEY = _remove("keys.delete", "/keys/{hash}", "deleteKeys")
EXCHANGE_CODE = _secret(_act("oauth.exchange", "/auth/keys", "exchangeAuthCodeForAPIKey", "none"))
CREATE_CODE = _act("oauth.create_code", "/auth/keys/code", "createAuthKeysCode", "any")
EXCHANGE_TOKEN = _secret(_query("oauth.exchange_token", "/oauth/token", "createOauthToken", "none"))
LIST_SIGNING_KEYS = _read("oauth.signing_keys", "/oauth/jwks", "listOauthJwks", "none")

GET_ANALYTICS_META = _read("analytics.meta", "/analytics/meta", "getAnalyticsMeta", "management")
QUERY_ANALYTICS = _query("analytics.query", "/analytics/query", "queryAnalytics", "management")

# Presets

LIST_PRESETS = _read("presets.list", "/presets", "listPresets")
GET_PRESET = _read("presets.get", "/presets/{slug}", "getPreset")
LIST_PRESET_VERSIONS = _read("presets.versions", "/presets/{slug}/versions", "listPresetVersions")
GET_PRESET_VERSION = _read("presets.version", "/presets/{slug}/versions/{version}", "getPresetVersion")
SAVE_PRESET = _act("presets.save", "/presets/{slug}/chat/completions", "createPresetsChatCompletions", "any")
SAVE_RESPONSES_PRESET = _act(
    "presets.save_responses", "/presets/{slug}/responses", "createPresetsResponses", "any"
)
SAVE_MESSAGES_PRESET = _act(
    "presets.save_messages", "/presets/{slug}/messages", "createPresetsMessages", "any"
)

# Guardrails

LIST_GUARDRAILS = _read("guardrails.list", "/guardrails", "listGuardrails", "management")
GET_GUARDRAIL = _read("guardrails.get", "/guardrails/{id}", "getGuardrail", "management")
CREATE_GUARDRAIL = _act("guardrails.create", "/guardrails", "createGuardrail")
UPDATE_GUARDRAIL = _change("guardrails.update", "/guardrails/{id}", "updateGuardrail")
DELETE_GUARDRAIL = _remove("guardrails.delete", "/guardrails/{id}", "deleteGuardrail")
LIST_KEY_ASSIGNMENTS = _read(
    "guardrails.keys.all", "/guardrails/assignments/keys", "listKeyAssignments", "management"
)
LIST_GUARDRAIL_KEYS = _read(
    "guardrails.keys", "/guardrails/{id}/assignments/keys", "listGuardrailKeyAssignments", "management"
)
ASSIGN_KEYS = _act("guardrails.assign_keys", "/guardrails/{id}/assignments/keys", "bulkAssignKeysToGuardrail")
UNASSIGN_KEYS = _act(
    "guardrails.unassign_keys", "/guardrails/{id}/assignments/keys/remove", "bulkUnassignKeysFromGuardrail"
)
LIST_MEMBER_ASSIGNMENTS = _read(
    "guardrails.members.all", "/guardrails/assignments/members", "listMemberAssignments", "management"
)
LIST_GUARDRAIL_MEMBERS = _read(
    "guardrails.members",
    "/guardrails/{id}/assignments/members",
    "listGuardrailMemberAssignments",
    "management",
)
ASSIGN_MEMBERS = _act(
    "guardrails.assign_members", "/guardrails/{id}/assignments/members", "bulkAssignMembersToGuardrail"
)
UNASSIGN_MEMBERS = _act(
    "guardrails.unassign_members",
    "/guardrails/{id}/assignments/members/remove",
    "bulkUnassignMembersFromGuardrail",
)

# Workspaces

LIST_WORKSPACES = _read("workspaces.list", "/workspaces", "listWorkspaces", "management")
GET_WORKSPACE = _read("workspaces.get", "/workspaces/{id}", "getWorkspace", "management")
CREATE_WORKSPACE = _act("workspaces.create", "/workspaces", "createWorkspace")
UPDATE_WORKSPACE = _change("workspaces.update", "/workspaces/{id}", "updateWorkspace")
DELETE_WORKSPACE = _remove("workspaces.delete", "/workspaces/{id}", "deleteWorkspace")
LIST_WORKSPACE_MEMBERS = _read(
    "workspaces.members", "/workspaces/{id}/members", "listWorkspaceMembers", "management"
)
ADD_WORKSPACE_MEMBERS = _act(
    "workspaces.add_members", "/workspaces/{id}/members/add", "bulkAddWorkspaceMembers"
)
REMOVE_WORKSPACE_MEMBERS = _act(
    "workspaces.remove_members", "/workspaces/{id}/members/remove", "bulkRemoveWorkspaceMembers"
)
LIST_WORKSPACE_BUDGETS = _read(
    "workspaces.budgets", "/workspaces/{id}/budgets", "listWorkspaceBudgets", "management"
)
GET_WORKSPACE_BUDGET = _read(
    "workspaces.budget", "/workspaces/{id}/budgets/{interval}", "getWorkspaceBudget", "management"
)
SET_WORKSPACE_BUDGET = _set(
    "workspaces.set_budget", "/workspaces/{id}/budgets/{interval}", "upsertWorkspaceBudget"
)
DELETE_WORKSPACE_BUDGET = _remove(
    "workspaces.delete_budget", "/workspaces/{id}/budgets/{interval}", "deleteWorkspaceBudget"
)

# Keys of one's own with providers

LIST_BYOK_KEYS = _read("byok.list", "/byok", "listBYOKKeys", "management")
GET_BYOK_KEY = _read("byok.get", "/byok/{id}", "getBYOKKey", "management")
CREATE_BYOK_KEY = _secret(_act("byok.create", "/byok", "createBYOKKey"))
UPDATE_BYOK_KEY = _secret(_change("byok.update", "/byok/{id}", "updateBYOKKey"))
DELETE_BYOK_KEY = _remove("byok.delete", "/byok/{id}", "deleteBYOKKey")

# The organization

LIST_MEMBERS = _read("organization.members", "/organization/members", "listOrganizationMembers", "management")
GET_SETTINGS = _read(
    "organization.settings", "/organization/settings", "getOrganizationSettings", "management"
)
UPDATE_SETTINGS = _change(
    "organization.update_settings", "/organization/settings", "updateOrganizationSettings"
)
LIST_EXTERNAL_USERS = _read("external_users.list", "/external-users", "listExternalUsers", "management")
GET_EXTERNAL_USER = _read("external_users.get", "/external-users/{user}", "getExternalUser", "management")
CREATE_EXTERNAL_USER = _act("external_users.create", "/external-users", "createExternalUser")
UPDATE_EXTERNAL_USER = _change("external_users.update", "/external-users/{user}", "updateExternalUser")
DEACTIVATE_EXTERNAL_USER = _remove(
    "external_users.deactivate", "/external-users/{user}", "deleteExternalUser"
)
LIST_DIRECTORY_GROUPS = _read("scim.groups", "/scim/groups", "listScimGroups", "management")
LIST_GROUP_MAPPINGS = _read("scim.mappings", "/scim/group-mappings", "listScimGroupMappings", "management")
GET_GROUP_MAPPING = _read("scim.mapping", "/scim/group-mappings/{id}", "getScimGroupMapping", "management")
CREATE_GROUP_MAPPING = _act("scim.create_mapping", "/scim/group-mappings", "createScimGroupMapping")
UPDATE_GROUP_MAPPING = _change("scim.update_mapping", "/scim/group-mappings/{id}", "updateScimGroupMapping")
DELETE_GROUP_MAPPING = _remove("scim.delete_mapping", "/scim/group-mappings/{id}", "deleteScimGroupMapping")
CREATE_SYNC_JOB = _act("scim.sync", "/scim/sync-jobs", "createScimSyncJob")
GET_SYNC_JOB = _read("scim.sync_job", "/scim/sync-jobs/{id}", "getScimSyncJob", "management")

# Observability destinations

LIST_DESTINATIONS = _read(
    "observability.list", "/observability/destinations", "listObservabilityDestinations", "management"
)
GET_DESTINATION = _read(
    "observability.get", "/observability/destinations/{id}", "getObservabilityDestination", "management"
)
CREATE_DESTINATION = _secret(
    _act("observability.create", "/observability/destinations", "createObservabilityDestination")
)
UPDATE_DESTINATION = _secret(
    _change("observability.update", "/observability/destinations/{id}", "updateObservabilityDestination")
)
DELETE_DESTINATION = _remove(
    "observability.delete", "/observability/destinations/{id}", "deleteObservabilityDestination"
)

# Private endpoints

LIST_PRIVATE_ENDPOINTS = _read(
    "private_endpoints.list", "/private-endpoints", "listPrivateEndpoints", "management"
)
GET_PRIVATE_ENDPOINT = _read(
    "private_endpoints.get", "/private-endpoints/{id}", "getPrivateEndpoint", "management"
)
CREATE_PRIVATE_ENDPOINT = _act_by_key(
    "private_endpoints.create", "/private-endpoints", "createPrivateEndpoint"
)._replace(answers_with=frozenset({404, 409, 422}))
UPDATE_PRIVATE_ENDPOINT = _change(
    "private_endpoints.update", "/private-endpoints/{id}", "updatePrivateEndpoint"
)
DELETE_PRIVATE_ENDPOINT = _remove(
    "private_endpoints.delete", "/private-endpoints/{id}", "deletePrivateEndpoint"
)
VALIDATE_PRIVATE_ENDPOINT = _act(
    "private_endpoints.validate", "/private-endpoints/{id}/validate", "validatePrivateEndpoint"
)
ACTIVATE_PRIVATE_ENDPOINT = _act(
    "private_endpoints.activate", "/private-endpoints/{id}/activate", "activatePrivateEndpoint"
)
ENABLE_PRIVATE_ENDPOINT = _act(
    "private_endpoints.enable", "/private-endpoints/{id}/enable", "enablePrivateEndpoint"
)
DISABLE_PRIVATE_ENDPOINT = _act(
    "private_endpoints.disable", "/private-endpoints/{id}/disable", "disablePrivateEndpoint"
)
SET_PRIVATE_ENDPOINT_PRICING = _set(
    "private_endpoints.set_pricing", "/private-endpoints/{id}/pricing", "updatePrivateEndpointPricing"
)

# The vault

LIST_SECRETS = _read("vault.list", "/vault/secrets", "listVaultSecrets")
STORE_SECRET = _secret(_act("vault.store", "/vault/secrets/{name}", "storeVaultSecret", "any", "PUT"))
DELETE_SECRET = _remove("vault.delete", "/vault/secrets/{name}", "deleteVaultSecret", "any")
LIST_INTERN_SECRETS = _read(
    "vault.list.intern", "/vault/interns/{internId}/secrets", "listInternVaultSecrets"
)
STORE_INTERN_SECRET = _secret(
    _act(
        "vault.store.intern",
        "/vault/interns/{internId}/secrets/{name}",
        "storeInternVaultSecret",
        "any",
        "PUT",
    )
)
DELETE_INTERN_SECRET = _remove(
    "vault.delete.intern", "/vault/interns/{internId}/secrets/{name}", "deleteInternVaultSecret", "any"
)
COPY_SECRETS = _act("vault.copy", "/vault/interns/{internId}/secrets/copy", "copyVaultSecretsToIntern", "any")
LIST_EFFECTIVE_SECRETS = _read(
    "vault.effective", "/vault/interns/{internId}/effective-secrets", "listInternEffectiveVaultSecrets"
)
LIST_CONNECTIONS = _read(
    "vault.connections", "/vault/interns/{internId}/connections", "listInternConnections"
)

# What was asked before, and batches

GET_GENERATION = _read("generations.get", "/generation", "getGeneration", "inference")
GET_GENERATION_CONTENT = _read(
    "generations.content", "/generation/content", "listGenerationContent", "inference"
)
SEND_FEEDBACK = _act("generations.feedback", "/generation/feedback", "submitGenerationFeedback")
CREATE_BATCH = _act("batches.create", "/batches", "createBatches", "inference")
LIST_BATCHES = _read("batches.list", "/batches", "listBatches", "inference")
GET_BATCH = _read("batches.get", "/batches/{id}", "getBatches", "inference")._replace(
    answers_with=frozenset({402})
)
DELETE_BATCH = _remove("batches.delete", "/batches/{id}", "deleteBatch", "inference")


def find_operation(method: str, path: str) -> Operation | None:
    """Return the operation of a method and a path below the base URL; None if the table lacks it."""
    parts = path.split("/")
    found = [row for row in _rows() if row.method == method and _fits(row.path.split("/"), parts)]
    return min(found, key=lambda row: row.path.count("{"), default=None)


def _rows() -> list[Operation]:
    return [row for row in globals().values() if isinstance(row, Operation)]


def _fits(template: list[str], parts: list[str]) -> bool:
    return len(template) == len(parts) and all(
        mine == part or (mine.startswith("{") and part) for mine, part in zip(template, parts, strict=True)
    )
