"""What stands before every route of the router, over real sockets: the rows W of the table of faults.

Names of tests begin with the row they are for.
"""

from __future__ import annotations

import json
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response

from openrouter_async import ConfigurationError
from openrouter_async.server import MemoryConversations, create_router
from openrouter_async.server.chat import router
from openrouter_async.server.chat.safety import Guard, check_token
from openrouter_async.server.protocol import TimedProtocol
from openrouter_async.testing import Emulator, Fault
from tests.server.router_client import TOKEN, events, routed
from tests.server.serving import serve
from tests.server.waiting import wait_for
from tests.support.emulated import client_of
from tests.support.plain_http import PLAIN

BODY = {"messages": [{"role": "user", "content": "Hello"}]}
ROUTES = ["", "assets/app.js", "api/settings", "api/models", "api/conversations", "v1/models", "nothing"]


def kind(answer: httpx.Response) -> str:
    """Return the type of the error in an answer."""
    return str(answer.json()["error"]["type"])


# W01, DNS rebinding


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "evil:80", ""]
)
def test_W01_a_foreign_host_is_refused_everywhere(emulator: Emulator, host: str) -> None:
    with routed(emulator) as browser:
        answers = [browser.get(path, headers={"host": host}) for path in ROUTES]
        answers.append(
            browser.post("api/chat", json=BODY, headers={"host": host, "origin": f"http://{host}"})
        )
    assert {answer.status_code for answer in answers} == {403}
    assert {kind(answer) for answer in answers} == {"ForbiddenHost"}
    assert emulator.requests == []


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "[::1]:8000", "localhost."])
def test_W01_names_of_this_machine_are_allowed(emulator: Emulator, host: str) -> None:
    with routed(emulator) as browser:
        assert browser.get("api/settings", headers={"host": host}).status_code == 200


def test_W01_a_name_that_was_allowed_is(emulator: Emulator) -> None:
    with routed(emulator, allowed_hosts=["Chat.Example.com"], token=TOKEN) as browser:
        browser.headers["authorization"] = f"Bearer {TOKEN}"
        good = browser.get("api/settings", headers={"host": "chat.example.com"})
        bad = browser.get("api/settings", headers={"host": "www.example.com"})
    assert (good.status_code, bad.status_code) == (200, 403)


def test_W01_there_is_no_websocket(emulator: Emulator) -> None:
    with routed(emulator) as browser:
        upgrade = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
        answer = browser.get("api/chat", headers={**upgrade, "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA=="})
    assert answer.status_code == 405


def test_W01_a_websocket_of_any_server_is_closed(emulator: Emulator) -> None:
    sent: list[Any] = []

    async def connect() -> None:
        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message)

        app = create_router(client_of(emulator))
        await app({"type": "websocket", "path": "/api/chat", "headers": [], "app": app}, receive, send)

    anyio.run(connect)
    assert sent == [{"type": "websocket.close", "code": 1008}]


# W02, requests that a page of another site makes a browser send


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_W02_what_a_form_can_send_is_refused(emulator: Emulator, content_type: str) -> None:
    headers = {"content-type": content_type} if content_type else {}
    with routed(emulator) as browser:
        answers = [
            browser.post(path, content=json.dumps(BODY), headers=headers)
            for path in ("api/chat", "v1/chat/completions")
        ]
    assert {answer.status_code for answer in answers} == {415}
    assert emulator.requests == []


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1:1",
        "http://localhost",
        "file://",
        "",
        "http://[",
        "javascript:1",
    ],
)
def test_W02_pages_of_other_origins_change_nothing(emulator: Emulator, origin: str) -> None:
    with routed(emulator) as browser:
        headers = {"origin": origin}
        answers = [
            browser.post("api/chat", json=BODY, headers=headers),
            browser.post("v1/chat/completions", json=BODY, headers=headers),
            browser.put("api/conversations/one", json={}, headers=headers),
            browser.delete("api/conversations/one", headers=headers),
        ]
    assert {answer.status_code for answer in answers} == {403}
    assert {kind(answer) for answer in answers} == {"ForbiddenOrigin"}
    assert emulator.requests == []


def test_W02_an_origin_may_be_absent_but_not_beside_cookies(emulator: Emulator) -> None:
    emulator.reply("Hello")
    emulator.reply("Hello")
    with routed(emulator) as browser:
        del browser.headers["origin"]
        without = browser.post("v1/chat/completions", json=BODY)
        empty = browser.post("v1/chat/completions", json=BODY, headers={"cookie": ""})
        beside = browser.post("v1/chat/completions", json=BODY, headers={"cookie": "session=1"})
    assert (without.status_code, empty.status_code, beside.status_code) == (200, 200, 403)


def test_W02_an_origin_that_was_allowed_is(emulator: Emulator) -> None:
    emulator.reply("Hello")
    with routed(emulator, allowed_origins=["https://Example.com/"]) as browser:
        answer = browser.post("v1/chat/completions", json=BODY, headers={"origin": "https://example.com"})
    assert answer.status_code == 200


def test_W02_a_cookie_is_no_token(emulator: Emulator) -> None:
    with routed(emulator, token=TOKEN) as browser:
        answer = browser.get(
            "api/settings", headers={"cookie": f"token={TOKEN}; authorization=Bearer {TOKEN}"}
        )
        by_url = browser.get("api/settings", params={"token": TOKEN})
    assert answer.status_code == by_url.status_code == 401
    assert "set-cookie" not in answer.headers


# W03, other sites read nothing


def test_W03_no_header_lets_another_site_read_an_answer(emulator: Emulator) -> None:
    emulator.reply("Hello")
    other = {"origin": "https://example.com"}
    preflight = {
        **other,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    with routed(emulator, allowed_origins=["https://example.com"]) as browser:
        answers = [browser.get(path, headers=other) for path in ROUTES]
        answers += [browser.options(path, headers=preflight) for path in [*ROUTES, "api/chat"]]
        answers.append(browser.post("api/chat", json=BODY, headers=other))
    named = {name for answer in answers for name in answer.headers}
    assert not {name for name in named if name.startswith("access-control")}
    assert {answer.headers["cross-origin-resource-policy"] for answer in answers} == {"same-origin"}


# W05, what the page may do


def test_W05_every_answer_has_the_headers_that_bind_the_page(emulator: Emulator) -> None:
    emulator.reply("Hello")
    with routed(emulator) as browser:
        answers = [browser.get(path) for path in ROUTES]
        answers.append(browser.chat())
        answers.append(browser.get("", headers={"host": "evil.example"}))
        answers.append(browser.post("api/chat", content=b"{", headers={"content-type": "application/json"}))
    for answer in answers:
        policy = dict(
            part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
        )
        assert policy["default-src"] == "'self'"
        assert policy["img-src"] == "'self' data: blob:"
        assert policy["media-src"] == "'self' blob:"
        assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
        assert "unsafe" not in str(policy)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


# W06, the key


def test_W06_the_key_is_in_no_answer_and_no_log(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="openrouter_async")
    key = emulator.key
    emulator.reply("Hello")
    emulator.fail(401, f"No user for {key}")
    emulator.fail(500, f"Key {key} made it fail", metadata={"raw": key}, headers={"x-key": key}, times=3)
    emulator.fail(429, "wait", headers={"x-upstream": key}, retry_after=0, times=3)
    with routed(emulator, budget="5.00") as browser:
        answers = [browser.get(path) for path in [*ROUTES, "api/credits"]]
        answers += [browser.chat() for _ in range(4)]
    assert answers[-3].status_code == 502, "a key that is refused is not the browser's mistake"
    for answer in answers:
        assert key not in answer.text
        assert key not in str(answer.headers)
    assert key not in caplog.text


@pytest.mark.parametrize(
    "given", [None, "Bearer wrong-token-wrong-token", f"Basic {TOKEN}", f"{TOKEN}", "Bearer"]
)
def test_W06_the_token_is_asked_of_everything_but_the_page(emulator: Emulator, given: str | None) -> None:
    headers = {} if given is None else {"authorization": given}
    with routed(emulator, token=TOKEN) as browser:
        closed = [browser.get(path, headers=headers) for path in ROUTES[2:]]
        closed.append(browser.post("api/chat", json=BODY, headers=headers))
        page = browser.get("", headers=headers)
    assert {answer.status_code for answer in closed} == {401}
    assert {answer.headers["www-authenticate"] for answer in closed} == {"Bearer"}
    assert page.status_code == 200
    assert TOKEN not in page.text
    assert emulator.requests == []


def test_a_health_check_needs_no_token_and_asks_nobody(emulator: Emulator) -> None:
    with routed(emulator, token=TOKEN) as browser:
        answer = browser.get("healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"
    assert emulator.requests == []


@pytest.mark.parametrize("prefix", ["", "/deep/chat"])
def test_W06_with_the_token_it_answers(emulator: Emulator, prefix: str) -> None:
    emulator.reply("Hello")
    with routed(emulator, token=TOKEN, prefix=prefix) as browser:
        browser.headers["authorization"] = f"bearer {TOKEN}"
        assert browser.chat().status_code == 200
        assert browser.get("api/settings").status_code == 200


# W07, no open relay


def test_W07_nothing_of_the_browsers_headers_goes_upstream(emulator: Emulator) -> None:
    emulator.reply("Hello", times=2)
    mine = {"authorization": "Bearer sk-or-v1-mine", "x-mine": "1", "http-referer": "https://evil.example"}
    with routed(emulator) as browser:
        browser.post("api/chat", json=BODY, headers=mine)
        browser.post("v1/chat/completions", json=BODY, headers=mine)
    assert len(emulator.requests) == 2
    for request in emulator.requests:
        assert "x-mine" not in request.headers
        assert "evil" not in str(request.headers)
        assert request.key_label is not None


@pytest.mark.parametrize("path", ["api/chat", "v1/chat/completions"])
@pytest.mark.parametrize(
    "name", ["base_url", "api_key", "options", "extra_body", "extra_headers", "output", "on_bad_event"]
)
def test_W07_nothing_but_parameters_of_a_chat_is_taken(emulator: Emulator, path: str, name: str) -> None:
    with routed(emulator) as browser:
        answer = browser.post(path, json={**BODY, name: {"base_url": "http://127.0.0.1:1"}})
    assert answer.status_code == 400
    assert name in answer.json()["error"]["message"]
    assert emulator.requests == []


def test_W07_a_body_that_is_too_large_is_refused(emulator: Emulator) -> None:
    """Whether its length is said before or not."""

    def pieces() -> Any:
        for _ in range(30):
            yield b"x" * 100

    with routed(emulator, max_body_bytes=2000) as browser:
        said = browser.chat("x" * 3000)
        unsaid = browser.post("api/chat", content=pieces(), headers={"content-type": "application/json"})
        small = browser.post("api/chat", json={})
    assert said.status_code == unsaid.status_code == 413
    assert kind(said) == kind(unsaid) == "PayloadTooLarge"
    assert small.status_code == 400


def test_W07_the_default_limit_of_a_body_is_one_mebibyte(emulator: Emulator) -> None:
    emulator.reply("Hello")
    with routed(emulator) as browser:
        assert browser.chat("x" * (1024 * 1024 - 200)).status_code == 200
        assert browser.chat("x" * 1024 * 1024).status_code == 413


def test_W07_a_conversation_has_a_limit_of_its_own(emulator: Emulator) -> None:
    """It holds the pictures of all its branches, and costs no money."""
    at = "2026-01-01T00:00:00Z"
    document = {"id": "one", "title": "x", "created_at": at, "updated_at": at, "nodes": []}
    with routed(emulator, max_body_bytes=500, max_conversation_bytes=5000) as browser:
        kept = browser.put("api/conversations/one", json={**document, "more": "x" * 3000})
        refused = browser.put("api/conversations/one", json={**document, "more": "x" * 6000})
        chat = browser.chat("x" * 3000)
    assert (kept.status_code, refused.status_code, chat.status_code) == (204, 413, 413)


@pytest.mark.parametrize("path", ["api/chat", "v1/chat/completions"])
def test_W07_too_many_messages_are_refused(emulator: Emulator, path: str) -> None:
    with routed(emulator, max_messages=3) as browser:
        answer = browser.post(path, json={"messages": BODY["messages"] * 4})
    assert (answer.status_code, kind(answer)) == (413, "TooManyMessages")


def test_W07_too_many_answers_at_once_are_refused(emulator: Emulator) -> None:
    emulator.reply("first", "second", fault=Fault.stall(after=2), times=2)
    emulator.reply("Hello")
    with routed(emulator, max_concurrent_streams=2) as browser:
        url = f"{browser.served.url}/api/chat"
        with (
            httpx.stream("POST", url, json=BODY, verify=PLAIN) as one,
            httpx.stream("POST", url, json=BODY, verify=PLAIN) as two,
        ):
            assert one.status_code == two.status_code == 200
            third = browser.chat()
        # the two have gone, and their places are free again
        wait_for(lambda: all(request.disconnected_at for request in emulator.requests[:2]))
        wait_for(lambda: browser.chat().status_code == 200)
    assert (third.status_code, kind(third), third.headers["retry-after"]) == (429, "TooManyAtOnce", "1")


# W08, nothing is fetched


@pytest.mark.parametrize("scheme", ["http", "file", "path"])
def test_W08_addresses_in_messages_are_passed_on_and_not_fetched(
    emulator: Emulator, tmp_path: Path, scheme: str
) -> None:
    emulator.reply("I see.", times=2)
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"\x89PNG the secret")
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.setblocking(False)
        url = {
            "http": f"http://127.0.0.1:{trap.getsockname()[1]}/x.png",
            "file": secret.as_uri(),
            "path": str(secret),
        }
        part = {"type": "image_url", "image_url": {"url": url[scheme]}}
        body = {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, part]}]}
        with routed(emulator) as browser:
            answers = [browser.post(path, json=body) for path in ("api/chat", "v1/chat/completions")]
        with pytest.raises(BlockingIOError):
            trap.accept()
    assert [answer.status_code for answer in answers] == [200, 200]
    for answer, request in zip(answers, emulator.requests, strict=True):
        assert "c2VjcmV0" not in str(request.body), "the file was read"
        assert "secret" not in answer.text.replace(str(secret), "")


# W09, tricks with paths


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../index.html",
        "/assets/../../router.py",
        "/assets/%2e%2e/%2e%2e/router.py",
        "/assets/..%2f..%2frouter.py",
        "/assets/..%5c..%5crouter.py",
        "/assets/%2fetc/passwd",
        "/assets//etc/passwd",
        "/assets/link",
        "/assets/folder/passwd",
        "/assets/%00",
        "/assets/app.js%00.txt",
        "/assets/",
        "/assets/.",
    ],
)
def test_W09_a_path_does_not_lead_out_of_the_folder(
    emulator: Emulator, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<html></html>")
    (page / "assets" / "app.js").write_text("1")
    (tmp_path / "router.py").write_text("secret")
    (page / "assets" / "link").symlink_to(tmp_path / "router.py")
    (page / "assets" / "folder").symlink_to("/etc")
    monkeypatch.setattr(router, "PAGE", page)
    with routed(emulator) as browser, socket.create_connection(("127.0.0.1", browser.served.port), 20) as raw:
        script = browser.get("assets/app.js")
        assert (script.text, script.headers["content-type"]) == ("1", "text/javascript; charset=utf-8")
        raw.sendall(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert answer.split(b"\r\n")[0].split()[1] == b"404", answer
    assert b"secret" not in answer
    assert b"root:" not in answer


# W10, a browser that goes away; the relay alone has more tests


@pytest.mark.parametrize(
    ("path", "stream"), [("api/chat", True), ("v1/chat/completions", True), ("v1/chat/completions", False)]
)
def test_W10_the_request_upstream_ends_with_the_browsers(emulator: Emulator, path: str, stream: bool) -> None:
    emulator.reply("Hello ", "world", fault=Fault.stall(after=3))
    content = json.dumps({**BODY, "stream": stream} if path.startswith("v1") else BODY).encode()
    head = f"POST /{path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    with routed(emulator) as browser:
        raw = socket.create_connection(("127.0.0.1", browser.served.port), 20)
        raw.sendall(f"{head}content-length: {len(content)}\r\n\r\n".encode() + content)
        wait_for(lambda: bool(emulator.requests) and emulator.requests[0].events_sent >= 3)
        gone_at = time.monotonic()
        raw.close()
        wait_for(lambda: emulator.requests[0].disconnected_at is not None)
    disconnected_at = emulator.requests[0].disconnected_at
    assert disconnected_at is not None
    assert disconnected_at - gone_at < 0.5


# W11, error pages


class Leaky(MemoryConversations):
    async def get(self, id: str) -> bytes | None:
        raise RuntimeError("the password is 1234")


def test_W11_a_fault_of_ours_tells_nothing(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    with routed(emulator, store=Leaky()) as browser:
        answer = browser.get("api/conversations/one")
    assert answer.status_code == 500
    assert answer.json() == {"error": {"message": "internal error", "code": 500, "type": "InternalError"}}
    assert answer.headers["content-security-policy"]
    assert "the password is 1234" in caplog.text, "whoever runs the server has to see it"


def test_W11_headers_of_the_service_are_not_passed_on(emulator: Emulator) -> None:
    emulator.fail(400, "No", headers={"x-upstream": "1", "set-cookie": "upstream=1"})
    with routed(emulator) as browser:
        answer = browser.chat()
    assert answer.status_code == 400
    assert "x-upstream" not in answer.headers
    assert "set-cookie" not in answer.headers


# W12, slow and huge clients


def test_W12_a_body_that_drips_is_given_up(emulator: Emulator) -> None:
    with routed(emulator, body_timeout=0.3) as browser:
        raw = socket.create_connection(("127.0.0.1", browser.served.port), 20)
        head = "POST /api/chat HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        raw.sendall(f"{head}content-length: 100\r\n\r\n{{".encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
        raw.close()
    assert b" 408 " in answer.split(b"\r\n")[0]
    assert b"BodyTooSlow" in answer


class Hurried(TimedProtocol):
    HEAD_S = 0.3
    STALLED_S = 0.3


@pytest.mark.parametrize("first", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: "])
def test_W12_a_head_that_does_not_come_ends_the_connection(emulator: Emulator, first: bytes) -> None:
    with (
        serve(Starlette(), http=Hurried) as served,
        socket.create_connection(("127.0.0.1", served.port), 20) as raw,
    ):
        raw.sendall(first)
        with suppress(ConnectionResetError):  # which is as good as an end
            assert raw.recv(1) == b""


def test_W12_a_head_that_drips_after_an_answer_ends_the_connection(emulator: Emulator) -> None:
    with (
        serve(Starlette(), http=Hurried) as served,
        socket.create_connection(("127.0.0.1", served.port), 20) as raw,
    ):
        raw.sendall(b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        assert raw.recv(65536).startswith(b"HTTP/1.1 404")
        raw.sendall(b"GET / HT")
        began = time.monotonic()
        while time.monotonic() - began < 20:
            try:
                raw.sendall(b"x")
            except (ConnectionResetError, BrokenPipeError):
                break
            time.sleep(0.02)
    assert time.monotonic() - began < 10


def test_W12_an_answer_in_the_making_is_not_taken_for_a_slow_head(emulator: Emulator) -> None:
    emulator.reply("first", "second", fault=Fault.latency(1.0, after=2))
    with routed(emulator, http=Hurried) as browser:
        answer = browser.chat()
    assert events(answer.text)[-1][1]["text"] == "firstsecond"


@pytest.mark.slow
def test_W12_a_client_that_takes_nothing_is_cut_off(emulator: Emulator) -> None:
    emulator.reply(*["x" * 60_000] * 400)
    with routed(emulator, http=Hurried) as browser:
        content = json.dumps(BODY).encode()
        raw = socket.create_connection(("127.0.0.1", browser.served.port), 20)
        head = "POST /api/chat HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        raw.sendall(f"{head}content-length: {len(content)}\r\n\r\n".encode() + content)
        wait_for(lambda: bool(emulator.requests) and emulator.requests[0].disconnected_at is not None)
        wait_for(lambda: browser.served.connections == 0)
        raw.close()


# the spending limit


def test_the_spending_limit_is_not_passed(emulator: Emulator) -> None:
    emulator.reply("Hello", usage={"cost": 0.02, "prompt_tokens": 10, "completion_tokens": 10}, times=None)
    with routed(emulator, budget="0.05") as browser:
        answers = [browser.chat(max_tokens=10) for _ in range(6)]
        settings = browser.get("api/settings").json()
    refused = [answer for answer in answers if answer.status_code == 402]
    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    assert refused
    assert answers[-1].status_code == 402
    assert kind(refused[0]) == "BudgetExceeded"
    assert refused[0].json()["error"]["advice"]
    assert float(settings["spent"]) <= 0.06
    asked = [request for request in emulator.requests if request.path == "/chat/completions"]
    assert len(asked) == len(answers) - len(refused)


def test_what_broke_off_counts_with_what_it_cost(emulator: Emulator) -> None:
    """A browser that goes away leaves a call whose cost only its record tells."""
    emulator.reply("Hello ", "world", fault=Fault.stall(after=3))
    with routed(emulator, budget="5.00") as browser:
        with browser.stream("POST", "api/chat", json=BODY) as answer:
            assert next(answer.iter_lines()) == "event: text"
        wait_for(lambda: float(browser.get("api/settings").json()["spent"]) > 0)
        assert browser.get("api/settings").json()["spent"] == f"{emulator.spent:f}"


@pytest.mark.parametrize(
    ("token", "host", "status"),
    [(TOKEN, "192.168.1.5:8000", 200), (TOKEN, "192.168.1.6:8000", 403), (None, "192.168.1.5:8000", 403)],
)
async def test_W01_the_address_that_was_called_is_allowed_with_a_token(
    token: str | None, host: str, status: int
) -> None:
    """A server in a local network is called by its own address, which no name server can have made up."""
    guard = Guard(
        Response(), token=token, allowed_hosts=(), allowed_origins=(), max_body_bytes=1,
        max_conversation_bytes=1, body_timeout=1, write_timeout=1,
    )  # fmt: skip
    headers = [(b"host", host.encode()), (b"authorization", f"Bearer {TOKEN}".encode())]
    scope = {
        "type": "http", "method": "GET", "path": "/api/settings", "root_path": "", "headers": headers,
        "server": ("192.168.1.5", 8000),
    }  # fmt: skip
    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is read")

    await guard(scope, receive, send)
    assert told[0]["status"] == status


async def test_W06_a_failure_after_the_head_is_raised_and_no_second_head_is_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The server cuts the answer off then; another head in its midst would be read as its text."""

    async def half(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ValueError("the disk is gone")

    guard = Guard(
        half, token=None, allowed_hosts=(), allowed_origins=(), max_body_bytes=1, max_conversation_bytes=1,
        body_timeout=1, write_timeout=1,
    )  # fmt: skip
    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is read")

    headers = [(b"host", b"localhost")]
    scope = {"type": "http", "method": "GET", "path": "/", "root_path": "", "headers": headers}
    with pytest.raises(ValueError, match="the disk is gone"):
        await guard(scope, receive, send)
    assert [message["type"] for message in told] == ["http.response.start", "http.response.body"]
    assert "a request could not be answered" in caplog.text


@pytest.mark.parametrize("stuck_at", ["http.response.start", "http.response.body"])
async def test_W12_an_answer_that_is_no_stream_is_cut_off_too(stuck_at: str) -> None:
    guard = Guard(
        Response(b"page"), token=None, allowed_hosts=(), allowed_origins=(), max_body_bytes=1,
        max_conversation_bytes=1, body_timeout=1, write_timeout=0.1,
    )  # fmt: skip
    cut: list[str] = []

    async def send(message: Any) -> None:
        if message["type"] == stuck_at:
            try:
                await anyio.sleep_forever()
            finally:
                cut.append(message["type"])

    async def receive() -> Any:
        raise AssertionError("nothing is read")

    headers = [(b"host", b"localhost")]
    scope = {"type": "http", "method": "GET", "path": "/", "root_path": "", "headers": headers}
    with anyio.fail_after(20):
        await guard(scope, receive, send)
    assert cut == [stuck_at]


@pytest.mark.parametrize("token", [12345678901234567890123, ["x"] * 30, b"a-token-that-nobody-guesses"])
def test_a_token_that_is_no_text_is_refused_and_not_shown(token: Any) -> None:
    with pytest.raises(ConfigurationError, match="the token is not a text") as caught:
        check_token(token)
    assert str(token) not in str(caught.value)
