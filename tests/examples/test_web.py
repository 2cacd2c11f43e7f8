"""The chat product of examples/web: two real workers of uvicorn, real clients, and the emulator as the service."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

from openrouter_async.testing import Emulator, Fault, ReceivedRequest, Reply, tool_call
from tests.server.router_client import events
from tests.support.emulated import MODEL
from tests.support.folders import ROOT

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="workers of uvicorn end by signals"),
    pytest.mark.slow,
]

ANN, BOB = {"x-user": "ann"}, {"x-user": "bob"}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(models=[MODEL]) as emulator:
        yield emulator


class Server:
    """Two workers behind one port."""

    def __init__(self, emulator: Emulator, data: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = data / "server.log"
        command = "-m uvicorn examples.web.app:app --workers 2 --timeout-graceful-shutdown 1 --port"
        with self.log.open("wb") as log:
            self.process = self._start(command.split(), emulator, data, log)

    def _start(
        self, command: list[str], emulator: Emulator, data: Path, log: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *command, str(self.port)],
            cwd=ROOT,
            env={
                **os.environ,
                "OPENROUTER_API_KEY": emulator.key,
                "OPENROUTER_BASE_URL": emulator.base_url,
                "OPENROUTER_MODEL": MODEL,
                "DATA": str(data),
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )

    def ask(self, method: str, path: str, user: dict[str, str] = ANN, **more: Any) -> httpx.Response:
        """Ask over a connection of its own, which either worker takes."""
        return httpx.request(method, self.url(path), headers=user, timeout=30, **more)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def wait_for(self, what: str, is_so: Callable[[], bool]) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if is_so():
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        pytest.fail(f"{what}: {self.log.read_text()}")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


@pytest.fixture(scope="module")
def server(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(emulator, tmp_path_factory.mktemp("data"))
    try:
        seen: set[int] = set()

        def both_answer() -> bool:
            seen.add(server.ask("GET", "/healthz").json()["worker"])
            return len(seen) == 2

        server.wait_for("two workers", both_answer)
        yield server
    finally:
        server.stop()


def begin(server: Server, user: dict[str, str] = ANN) -> str:
    return str(server.ask("POST", "/chats", user).json()["id"])


def said(server: Server, id: str, path: str = "", **body: Any) -> tuple[str, dict[str, Any]]:
    """Return the last event of an answer."""
    name, data = events(server.ask("POST", f"/chats/{id}{path}", json=body).text)[-1]
    return name, data


def messages(server: Server, id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.ask("GET", f"/chats/{id}").json()["messages"]
    return found


def test_a_chat_has_tools_that_wait_for_approval_files_and_branches(
    emulator: Emulator, server: Server
) -> None:
    def answer(request: ReceivedRequest) -> Reply | Any:
        results = [message for message in request.messages if message["role"] == "tool"]
        if "Order" not in request.prompt:
            return f"You said {request.prompt}"
        if not results:
            return tool_call("search", words="lamp")
        return tool_call("order", article="a red lamp") if len(results) == 1 else "It is ordered."

    emulator.reply_with(answer)
    id = begin(server)
    assert server.ask("PUT", f"/chats/{id}/files/list.pdf", content=b"%PDF-1.4 list").status_code == 204
    assert said(server, id, text="Hello", files=["list.pdf"])[1]["text"] == "You said Hello"
    assert "list.pdf" in str(emulator.requests[-1].messages)

    name, data = said(server, id, text="Order a lamp")
    assert (name, data["status"]) == ("finished", "paused")
    assert server.ask("GET", f"/chats/{id}").json()["waiting"] == ["order"]
    assert said(server, id, "/decision", approve=True)[1]["text"] == "It is ordered."
    assert "ordered 1 of a red lamp" in str(messages(server, id))

    assert said(server, id, "/retry")[1]["status"] == "paused"
    other = str(server.ask("POST", f"/chats/{id}/branch", json={"turn": 1}).json()["id"])
    assert said(server, other, text="Bye")[1]["text"] == "You said Bye"
    assert [m["content"] for m in messages(server, other)][-2:] == ["Bye", "You said Bye"]
    assert "Bye" not in str(messages(server, id))
    assert server.ask("GET", f"/chats/{id}", BOB).status_code == 404
    assert server.ask("GET", f"/chats/{id}/stream", BOB).status_code == 404
    emulator.reply_with(None)


def test_an_answer_can_be_stopped_by_any_worker_and_its_half_is_kept(
    emulator: Emulator, server: Server
) -> None:
    never_ends = Fault.stall(after=20)
    emulator.reply("Half ", *["more "] * 20, fault=never_ends, when=lambda request: request.prompt == "Count")
    id = begin(server)
    with httpx.stream(
        "POST", server.url(f"/chats/{id}"), headers=ANN, json={"text": "Count"}, timeout=30
    ) as answer:
        lines = answer.iter_lines()
        while "Half" not in next(lines):
            pass
        assert server.ask("DELETE", f"/chats/{id}/stream").status_code == 204
        for _ in lines:
            pass
    server.wait_for("the half answer", lambda: "Half " in str(messages(server, id)))


def test_each_user_has_a_budget_over_all_workers_and_sees_the_costs(
    emulator: Emulator, server: Server
) -> None:
    emulator.reply("So.", usage={"cost": 3.0}, when=lambda request: request.prompt == "Dear", times=2)
    spent: list[str] = []
    for _ in range(3):
        id = begin(server, BOB)
        answer = httpx.post(server.url(f"/chats/{id}"), headers=BOB, json={"text": "Dear"}, timeout=30)
        spent.append("BudgetExceeded" if "BudgetExceeded" in answer.text else str(answer.status_code))
    assert spent == ["200", "200", "BudgetExceeded"]
    server.wait_for("the costs", lambda: bool(server.ask("GET", "/costs", BOB).json()))
    (row,) = server.ask("GET", "/costs", BOB).json()
    assert (row["user"], Decimal(row["cost"]), row["calls"]) == ("bob", Decimal(6), 2)
    everyone = server.ask("GET", "/costs", {"x-user": "admin"}).json()
    assert {row["user"] for row in everyone} >= {"ann", "bob"}


def test_a_stop_ends_streams_with_an_error_and_keeps_what_came(emulator: Emulator, tmp_path: Path) -> None:
    emulator.reply(
        "Half ",
        *["more "] * 20,
        fault=Fault.stall(after=20),
        when=lambda request: request.prompt == "For ever",
        times=None,
    )
    server = Server(emulator, tmp_path)
    try:
        server.wait_for("a worker", lambda: server.ask("GET", "/healthz").status_code == 200)
        id = begin(server)
        with httpx.stream(
            "POST", server.url(f"/chats/{id}"), headers=ANN, json={"text": "For ever"}, timeout=30
        ) as answer:
            text = ""
            for piece in answer.iter_text():
                if not text:
                    server.process.send_signal(signal.SIGTERM)
                text += piece
        name, data = events(text)[-1]
        assert (name, data["type"]) == ("error", "ServerStopping")
    finally:
        server.stop()
    from examples.web.chats import Chats

    assert "Half " in str(Chats(tmp_path / "chats.db").history(id))
