"""The emulator answers every operation validly, and keeps what is created."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from openrouter_async.testing import Emulator
from openrouter_async.testing.facts.samples import full_sample, minimal_sample
from openrouter_async.testing.facts.table import ServiceOperation, load_facts

from ..facts.json_schema import violations

FACTS = load_facts()
UUID = "00000000-0000-4000-8000-000000000001"
OPERATIONS = [pytest.param(each, id=each.id) for each in FACTS.operations.values()]


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator) -> Emulator:
    running.reset()
    return running


class Service:
    """Sends a request to an emulator with the kind of key that it wants, and judges the answer."""

    def __init__(self, emulator: Emulator, http: httpx.Client) -> None:
        self._emulator = emulator
        self._http = http

    def reset(self) -> None:
        self._emulator.reset()

    def __call__(self, method: str, target: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        path = target.partition("?")[0]
        found = FACTS.find(method, path)
        assert found is not None
        operation = found[0]
        key = self._emulator.management_key if operation.key == "management" else self._emulator.key
        headers = {"authorization": f"Bearer {key}"}
        if body is not None:
            options["json"] = body
        base = self._emulator.base_url.removesuffix("/api/v1" if path.startswith("/api/") else "")
        response = self._http.request(method, base + target, headers=headers, **options)
        known = operation.replies.get(response.status_code)
        if known is not None:
            kind = response.headers.get("content-type", "")
            if kind.startswith("text/event-stream"):
                lines = [line for line in response.text.splitlines() if line.startswith("data: {")]
                for line in lines:
                    assert list(violations({"data": json.loads(line[6:])}, operation.event)) == []
                return response.status_code, lines
            if "application/json" in known:
                assert list(violations(response.json(), known["application/json"])) == []
            elif known:
                assert any(kind.startswith(each.rstrip("*")) for each in known)
                return response.status_code, response.content
            else:
                assert response.content == b""
                return response.status_code, None
        else:
            errors = {400: "#BadRequestResponseErrorData", **operation.errors}
            assert response.status_code in errors, response.text
            assert list(violations(response.json(), errors[response.status_code])) == []
        return response.status_code, response.json()


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=20, trust_env=False) as http:
        yield http


@pytest.fixture
def service(emulator: Emulator, http: httpx.Client) -> Service:
    return Service(emulator, http)


CHAT = {"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "x"}]}
GIVEN: dict[str, Any] = {
    "sendChatCompletionRequest": CHAT,
    "createMessages": {**CHAT, "max_tokens": 9},
    "createResponses": {"model": "openai/gpt-4o-mini", "input": "x"},
    "createEmbeddings": {"model": "openai/text-embedding-3-small", "input": "x"},
    "createBatches": {
        "model": "openai/gpt-4o-mini",
        "endpoint": "/v1/chat/completions",
        "requests": [{"custom_id": "a", "body": {"messages": CHAT["messages"]}}],
    },
    "createPrivateEndpoint": {
        "model_permaslug": "openai/gpt-4o",
        "provider_slug": "azure",
        "upstream_model_id": "mine",
        "pricing": {"prompt": "0.1", "completion": "0.1"},
    },
}
"""Bodies that must make sense: the others are samples."""
QUERIES = {"deleteScimGroupMapping": {"keep_members": "true"}}
MADE_BY = {
    "/batches": "createBatches",
    "/byok": "createBYOKKey",
    "/external-users": "createExternalUser",
    "/files": "uploadFile",
    "/guardrails": "createGuardrail",
    "/keys": "createKeys",
    "/observability/destinations": "createObservabilityDestination",
    "/presets": "createPresetsChatCompletions",
    "/private-endpoints": "createPrivateEndpoint",
    "/scim/group-mappings": "createScimGroupMapping",
    "/scim/sync-jobs": "createScimSyncJob",
    "/vault/secrets": "storeVaultSecret",
    "/videos": "createVideos",
    "/workspaces": "createWorkspace",
}
"""The collection in a path -> the operation that makes the entry that the path goes on with."""
NAMED = {"interval": "daily", "slug": "polite", "name": "TOKEN", "version": "1"}


def sent(operation: ServiceOperation, body: Any) -> dict[str, Any]:
    """Return the arguments that send a body: as JSON, or as a form."""
    if body is None:
        return {}
    if next(iter(operation.bodies)) == "application/json":
        return {"json": body}
    files = {name: ("a.txt", b"text") for name, value in body.items() if isinstance(value, dict)}
    fields = {name: value for name, value in body.items() if name not in files}
    return {"data": fields, **({"files": files} if files else {})}


def body_of(operation: ServiceOperation, sample: Any) -> Any:
    shape = next(iter(operation.bodies.values()), None)
    return GIVEN.get(operation.id) or (None if shape is None else sample(shape, FACTS.shapes))


def query_of(operation: ServiceOperation) -> dict[str, Any]:
    required = {name: each for name, each in operation.parameter("query").items() if each.is_required}
    return {n: full_sample(each.shape, FACTS.shapes, where=n) for n, each in required.items()}


def path_of(operation: ServiceOperation, service: Service) -> str:
    """Return a path in which each entry exists, unless the operation makes it."""
    steps: list[str] = []
    known = operation.path.replace("{author}/{slug}", "openai/gpt-4o-mini")
    for number, step in enumerate(template := known.split("/")):
        if not step.startswith("{"):
            steps.append(step)
            continue
        name, collection = step[1:-1], "/".join(steps)
        steps.append(NAMED.get(name, str(full_sample("string", {}, where=name))))
        is_last = number == len(template) - 1
        if (operation.method == "PUT" and is_last) or operation.id.startswith("createPresets"):
            continue
        if collection in MADE_BY:
            maker = FACTS.operations[MADE_BY[collection]]
            path = path_of(maker, service)
            made = service(maker.method, path, **sent(maker, body_of(maker, minimal_sample)))[1]
            entry = made.get("data", made)
            steps[-1] = str(
                entry.get("hash")
                or entry.get("user")
                or entry.get("slug")
                or entry.get("name")
                or entry["id"]
            )
            if collection in ("/byok", "/guardrails", "/observability/destinations", "/workspaces"):
                steps[-1] = entry["id"]
        elif FACTS.find("PUT", f"{collection}/x"):
            maker = FACTS.find("PUT", f"{collection}/x")[0]  # type: ignore[index]
            service("PUT", f"{collection}/{steps[-1]}", **sent(maker, body_of(maker, minimal_sample)))
        elif FACTS.find("GET", collection) is not None:
            entry = service("GET", collection)[1]["data"][0]
            steps[-1] = str(entry[name] if name in entry else entry["id"])
    return "/".join(steps)


ELSEWHERE = {
    "exchangeAuthCodeForAPIKey": "it needs a code, which tests of keys make",
    "listVideosContent": "a video is there after some looks",
    "getGeneration": "it needs a generation",
    "listGenerationContent": "it needs a generation",
    "submitGenerationFeedback": "it needs a generation",
    "copyVaultSecretsToIntern": "there are no secrets of these names",
    "deleteBatch": "it is deleted once it is over",
    "downloadFileContent": "an uploaded file cannot be downloaded",
}
"""Operations that succeed in tests of their own."""


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.loopback
def test_every_operation_is_answered_validly(operation: ServiceOperation, service: Service) -> None:
    """With as little as it takes, and with every field."""
    for sample in (minimal_sample, full_sample) if operation.bodies else (minimal_sample,):
        path = path_of(operation, service)
        query = {**query_of(operation), **QUERIES.get(operation.id, {})}
        target = path + ("?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else "")
        status, answer = service(operation.method, target, **sent(operation, body_of(operation, sample)))
        if operation.id in ELSEWHERE:
            assert status in operation.errors or body_of(operation, sample) == {"names": []}
        else:
            assert status in operation.replies, answer
        service.reset()


COLLECTIONS = [
    pytest.param("/workspaces", {"name": "A", "slug": "a"}, {"name": "B"}, {"description": None}, id="workspaces"),
    pytest.param("/guardrails", {"name": "g", "limit_usd": 5}, {"limit_usd": 6}, {"limit_usd": None}, id="guardrails"),
    pytest.param("/byok", {"provider": "xai", "key": "k", "name": "k"}, {"disabled": True}, {"name": None}, id="byok"),
    pytest.param(
        "/observability/destinations",
        {"type": "langfuse", "name": "o", "config": {"baseUrl": "https://a", "publicKey": "p", "secretKey": "s"}},
        {"name": "p"},
        {"privacy_mode": True},
        id="observability",
    ),
    pytest.param(
        "/scim/group-mappings",
        {"role": "member", "scim_group_id": UUID, "workspace_id": UUID},
        {"role": "admin"},
        {"role": "member"},
        id="scim group mappings",
    ),
]  # fmt: skip


@pytest.mark.loopback
@pytest.mark.parametrize(("path", "new", "change", "other"), COLLECTIONS)
def test_a_collection_keeps_what_is_created(
    path: str, new: dict[str, Any], change: dict[str, Any], other: dict[str, Any], service: Service
) -> None:
    status, created = service("POST", path, new)
    assert status == 201
    entry = created["data"]
    shown = {name: value for name, value in new.items() if name in entry and name != "config"}
    assert shown.items() <= entry.items()
    assert "name" in shown or "role" in shown
    assert service("GET", path)[1]["total_count"] == 1
    one = f"{path}/{entry['id']}"
    assert service("GET", one) == (200, {"data": entry})
    assert service("PATCH", one, change)[1]["data"].items() >= change.items()
    again = service("PATCH", one, other)[1]["data"]
    assert again.items() >= {**change, **other}.items(), "what is left out stays as it is; null is a value"
    assert service("GET", one)[1]["data"] == again
    listed = service("GET", path)[1]["data"][0]
    assert listed["id"] == entry["id"]
    suffix = "?keep_members=true" if "scim" in path else ""
    assert service("DELETE", one + suffix)[1]["deleted"] is True
    for method, target in (("GET", one), ("DELETE", one + suffix)):
        assert service(method, target)[0] == 404
    assert service("PATCH", one, change)[0] == 404
    assert service("GET", f"{path}/not-a-uuid")[0] == 404
    assert service("GET", path)[1]["total_count"] == 0


@pytest.mark.loopback
def test_a_list_comes_in_pages(service: Service) -> None:
    ids = [service("POST", "/guardrails", {"name": f"g{n}"})[1]["data"]["id"] for n in range(5)]
    first, second = (
        service("GET", "/guardrails?limit=3")[1],
        service("GET", "/guardrails?limit=3&offset=3")[1],
    )
    assert [entry["id"] for entry in [*first["data"], *second["data"]]] == ids
    assert first["total_count"] == second["total_count"] == 5
    assert service("GET", "/guardrails?offset=9")[1] == {"data": [], "total_count": 5}


@pytest.mark.loopback
def test_a_list_is_filtered_by_fields_of_its_entries(service: Service) -> None:
    for provider in ("openai", "anthropic", "openai"):
        service("POST", "/byok", {"provider": provider, "key": "k"})
    assert service("GET", "/byok?provider=openai")[1]["total_count"] == 2


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("method", "target", "body", "message"),
    [
        ("GET", "/workspaces?ofset=1", None, "ofset: no such parameter"),
        ("GET", "/workspaces?limit=x", None, "limit: expected integer"),
        ("POST", "/workspaces", {"name": 1, "slug": "a"}, "name: expected string, received 1"),
        ("POST", "/workspaces", {"name": "A", "slug": "a", "nmae": "B"}, "nmae: no such field"),
        ("POST", "/workspaces", {"slug": "a"}, "name: required"),
    ],
)
def test_a_request_that_is_wrong_is_a_400_that_names_the_field(
    method: str, target: str, body: Any, message: str, service: Service
) -> None:
    status, answer = service(method, target, body)
    assert status == 400
    assert answer["error"]["message"].startswith(message)


@pytest.mark.loopback
def test_ids_that_are_posted_are_assigned_and_taken_away(service: Service) -> None:
    id = service("POST", "/guardrails", {"name": "g"})[1]["data"]["id"]
    other = service("POST", "/guardrails", {"name": "h"})[1]["data"]["id"]
    hashes = ["a" * 64, "b" * 64]
    keys = f"/guardrails/{id}/assignments/keys"
    assert service("POST", keys, {"key_hashes": hashes})[1] == {"assigned_count": 2}
    assert service("POST", keys, {"key_hashes": hashes[:1]})[1] == {"assigned_count": 0}
    service("POST", f"/guardrails/{other}/assignments/keys", {"key_hashes": ["c" * 64]})
    listed = service("GET", keys)[1]
    assert [(entry["key_hash"], entry["guardrail_id"]) for entry in listed["data"]] == [
        (each, id) for each in hashes
    ]
    assert service("GET", "/guardrails/assignments/keys")[1]["total_count"] == 3
    assert service("POST", f"{keys}/remove", {"key_hashes": hashes[1:]})[1] == {"unassigned_count": 1}
    assert service("GET", keys)[1]["total_count"] == 1
    service("DELETE", f"/guardrails/{id}")
    assert service("GET", keys)[0] == 404
    assert service("GET", "/guardrails/assignments/keys")[1]["total_count"] == 1


@pytest.mark.loopback
def test_a_workspace_is_found_by_its_slug_and_has_members_and_budgets(service: Service) -> None:
    id = service("POST", "/workspaces", {"name": "A", "slug": "a"})[1]["data"]["id"]
    assert service("GET", "/workspaces/a")[1]["data"]["id"] == id
    assert service("POST", "/workspaces/a/members/add", {"user_ids": ["u1", "u2"]})[1]["added_count"] == 2
    members = service("GET", f"/workspaces/{id}/members")[1]
    assert [(entry["user_id"], entry["workspace_id"]) for entry in members["data"]] == [
        ("u1", id),
        ("u2", id),
    ]
    assert service("POST", "/workspaces/a/members/remove", {"user_ids": ["u1", "u9"]})[1] == {
        "removed_count": 1
    }
    assert (
        service("PUT", "/workspaces/a/budgets/daily", {"limit_usd": 5})[1]["data"]["reset_interval"]
        == "daily"
    )
    first = service("PUT", "/workspaces/a/budgets/lifetime", {"limit_usd": 50})[1]["data"]
    assert first["reset_interval"] is None
    again = service("PUT", f"/workspaces/{id}/budgets/lifetime", {"limit_usd": 60})[1]["data"]
    assert (again["id"], again["limit_usd"]) == (first["id"], 60)
    assert service("GET", "/workspaces/a/budgets/lifetime")[1]["data"]["limit_usd"] == 60
    assert len(service("GET", "/workspaces/a/budgets")[1]["data"]) == 2
    assert service("DELETE", "/workspaces/a/budgets/daily")[0] == 200
    assert service("GET", "/workspaces/a/budgets/daily")[0] == 404
    assert service("GET", "/workspaces/nobody/members")[0] == 404


@pytest.mark.loopback
def test_an_entry_that_names_itself_exists_once_and_is_deactivated_with_204(service: Service) -> None:
    assert service("POST", "/external-users", {"user": "u/1"})[1]["data"]["is_active"] is True
    assert service("POST", "/external-users", {"user": "u/1"})[0] == 409
    assert service("PATCH", "/external-users/u%2F1", {"is_active": False})[1]["data"]["is_active"] is False
    assert service("GET", "/external-users")[1]["total_count"] == 0
    assert service("GET", "/external-users?include_inactive=true")[1]["total_count"] == 1
    assert service("PATCH", "/external-users/u%2F1", {"is_active": True})[0] == 200
    assert service("DELETE", "/external-users/u%2F1") == (204, None)
    assert service("GET", "/external-users/u%2F1")[1]["data"]["is_active"] is False
    assert service("POST", "/external-users", {"user": "u/1"})[0] == 409
    assert service("DELETE", "/external-users/u2")[0] == 404


@pytest.mark.loopback
def test_secrets_of_the_vault_are_stored_and_never_read_back(service: Service) -> None:
    status, stored = service("PUT", "/vault/secrets/TOKEN", {"value": "hush", "hosts": ["a.example"]})
    assert (status, stored["data"]["name"], stored["data"]["hosts"]) == (200, "TOKEN", ["a.example"])
    assert "hush" not in str(stored)
    assert service("GET", "/vault/secrets")[1] == {"data": [stored["data"]], "has_more": False}
    copies = service("POST", "/vault/interns/i/secrets/copy", {"names": ["TOKEN"]})[1]["data"]
    assert (copies[0]["name"], copies[0]["hosts"]) == ("TOKEN", ["a.example"])
    assert service("GET", "/vault/interns/i/secrets")[1]["data"] == copies
    assert service("DELETE", "/vault/secrets/TOKEN") == (204, None)
    assert service("GET", "/vault/secrets")[1]["data"] == []


@pytest.mark.loopback
def test_an_action_changes_the_entry_it_stands_below(service: Service) -> None:
    new = {"provider_slug": "azure", "upstream_model_id": "gpt", "model_permaslug": "openai/gpt-4o"}
    id = service("POST", "/private-endpoints", new)[1]["data"]["id"]
    for step, status in (("activate", "active"), ("disable", "disabled"), ("enable", "active")):
        assert service("POST", f"/private-endpoints/{id}/{step}")[1]["data"]["status"] == status
    assert service("POST", "/private-endpoints/none/activate")[0] == 404
    assert service("GET", f"/private-endpoints/{id}")[1]["data"]["status"] == "active"


@pytest.mark.loopback
def test_a_setting_is_kept(service: Service) -> None:
    value = service("GET", "/organization/settings")[1]["data"]["is_filtered_model_catalog_enabled"]
    body = {"is_filtered_model_catalog_enabled": not value}
    assert service("PATCH", "/organization/settings", body)[1]["data"].items() >= body.items()
    assert service("GET", "/organization/settings")[1]["data"].items() >= body.items()
    assert service("GET", "/scim/groups")[0] == 200, "lists are read as before"


@pytest.mark.loopback
def test_a_list_that_nothing_can_be_added_to_is_not_empty(service: Service) -> None:
    listed = service("GET", "/organization/members")[1]
    assert listed["total_count"] == len(listed["data"]) == 2
    assert service("GET", "/organization/members")[1] == listed
    tool = service("GET", "/tools")[1]["data"][0]
    assert service("GET", f"/tools/{tool['name']}")[1]["data"]["name"] == tool["name"]
    assert service("GET", "/tools/none")[0] == 404


@pytest.mark.loopback
def test_a_form_is_judged_as_json_is(emulator: Emulator, service: Service) -> None:
    grant = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "subject_token": "x",
        "federation_policy_id": "p",
    }
    assert service("POST", "/oauth/token", data=grant)[0] == 200
    status, refusal = service("POST", "/oauth/token", data={**grant, "grant_type": "password"})
    assert (status, refusal["error"]) == (400, "invalid_request")
    assert emulator.requests[0].body == grant


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("key", "path", "status"),
    [
        ("inference", "/workspaces", 403),
        ("management", "/workspaces", 200),
        (None, "/workspaces", 401),
        ("inference", "/presets", 200),
    ],
)
def test_the_right_kind_of_key_is_wanted(key: str | None, path: str, status: int, emulator: Emulator) -> None:
    secrets = {"inference": emulator.key, "management": emulator.management_key}
    headers = {"authorization": f"Bearer {secrets[key]}"} if key else {}
    assert httpx.get(emulator.base_url + path, headers=headers).status_code == status


@pytest.mark.loopback
def test_ids_are_the_same_for_the_same_seed_and_nothing_survives_a_reset(
    service: Service, emulator: Emulator
) -> None:
    def create() -> str:
        return str(service("POST", "/guardrails", {"name": "g"})[1]["data"]["id"])

    first = [create(), create()]
    emulator.reset()
    assert service("GET", "/guardrails")[1]["total_count"] == 0
    assert [create(), create()] == first


@pytest.mark.loopback
def test_a_preset_has_a_version_for_each_request_that_is_saved(service: Service) -> None:
    assert service("GET", "/presets/polite")[0] == 404
    for temperature in (0.1, 0.2):
        messages = [{"role": "system", "content": "Be polite."}, {"role": "user", "content": "x"}]
        body = {"messages": messages, "model": "openai/gpt-4o", "temperature": temperature}
        saved = service("POST", "/presets/polite/chat/completions", body)[1]["data"]
    assert (saved["slug"], saved["designated_version"]["version"]) == ("polite", 2)
    read = service("GET", "/presets/polite")[1]["data"]
    assert read == saved
    versions = service("GET", "/presets/polite/versions")[1]
    assert [each["config"]["temperature"] for each in versions["data"]] == [0.1, 0.2]
    first = service("GET", "/presets/polite/versions/1")[1]["data"]
    assert (first["system_prompt"], first["preset_id"]) == ("Be polite.", saved["id"])
    assert service("GET", "/presets")[1]["total_count"] == 1


@pytest.mark.loopback
def test_a_file_is_uploaded_listed_and_deleted(service: Service) -> None:
    sent = {"file": ("a.txt", b"\r\n--hello\r\n", "text/plain")}
    file = service("POST", "/files", files=sent)[1]
    assert (file["filename"], file["mime_type"], file["size_bytes"]) == ("a.txt", "text/plain", 11)
    assert service("GET", f"/files/{file['id']}")[1] == file
    others = [service("POST", "/files", files=sent)[1]["id"] for _ in range(2)]
    page = service("GET", "/files?limit=2")[1]
    assert ([each["id"] for each in page["data"]], page["has_more"]) == ([file["id"], others[0]], True)
    rest = service("GET", f"/files?limit=2&cursor={page['cursor']}")[1]
    assert ([each["id"] for each in rest["data"]], rest["cursor"]) == ([others[1]], None)
    assert service("GET", f"/files/{file['id']}/content")[0] == 400
    assert service("GET", f"/files/{file['id']}?provider=openai")[1]["bytes"] == 11
    assert service("DELETE", f"/files/{file['id']}")[1]["id"] == file["id"]
    assert service("GET", f"/files/{file['id']}")[0] == 404
    assert service("POST", "/files", files={"file": ("a.txt", b"")})[0] == 400


@pytest.mark.loopback
def test_a_file_of_a_container_is_read(service: Service) -> None:
    listed = service("GET", "/containers/c1/files")[1]
    file = listed["data"][0]
    assert service("GET", f"/containers/c1/files/{file['id']}")[1]["id"] == file["id"]
    assert service("GET", f"/containers/c1/files/{file['id']}/content")[1] == b"\x00emulated\x00"
    assert service("GET", "/containers/c1/files/none/content")[0] == 404
    kept = service("POST", f"/containers/c1/files/{file['id']}/promote")[1]
    assert service("GET", f"/files/{kept['id']}")[1]["size_bytes"] == file["bytes"]
    assert service("GET", f"/files/{kept['id']}/content")[1] == b"\x00emulated\x00"
