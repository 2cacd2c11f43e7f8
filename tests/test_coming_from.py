"""The page for those who come from the two clients this one grew out of: every row is run as it is shown.

A row's code is what stands between backticks in its second column, joined by lines. Code that begins with `except` is
put behind a `try` whose body is the call named after "around", else a chat; an emulator provokes the error.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import CO_COROUTINE
from typing import Any

import httpx
import pytest
from pydantic import JsonValue

from openrouter_async import AsyncOpenRouter, Retries, Timeouts
from openrouter_async.testing import Emulator, Fault
from tests.support.folders import ROOT

PAGE = (ROOT / "docs" / "howto" / "coming-from.md").read_text(encoding="utf-8")
NAMES = PAGE.split("```python\n", 1)[1].split("```", 1)[0]
KEYS = {"key": "sk-or-v1-example", "management_key": "sk-or-v1-example-management"}
ROW = re.compile(r"^\| (?P<there>.+?) \| (?P<here>.+) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    client: str
    there: str
    here: str

    @property
    def code(self) -> str:
        pieces = re.findall(r"`([^`]+)`", self.here)
        start = next(index for index, piece in enumerate(pieces) if is_code(piece))
        if not pieces[start].startswith("except "):
            return "\n".join(piece for piece in pieces[start:] if is_code(piece))
        body = pieces[start + 1] if "around" in self.here else 'await client.chat.create("Hello")'
        return f"try:\n    {body}\n{pieces[start]}\nelse: raise AssertionError('no error was raised')"


def is_code(piece: str) -> bool:
    """Whether a piece is a statement; names of variables and files stand between backticks too."""
    return not re.fullmatch(r"[\w.]+", piece)


def rows() -> list[Row]:
    found = []
    for client, table in re.findall(r"## The (\w+) client\n(.*?)(?=\n## |\Z)", PAGE, re.DOTALL):
        lines = [match.groupdict() for match in ROW.finditer(table)]
        found += [Row(client, **line) for line in lines if line["there"] not in ("there", "---")]
    return found


ROWS = rows()

MODERATION: dict[str, JsonValue] = {
    "reasons": ["violence"],
    "flagged_input": "…",
    "provider_name": "OpenAI",
    "model_slug": "openai/gpt-4o-mini",
}

PROVOKED: dict[str, Callable[[Emulator], object]] = {
    "APIStatusError": lambda emulator: emulator.fail(400),
    "BadRequest": lambda emulator: emulator.fail(400),
    "AuthenticationError": lambda emulator: emulator.fail(401),
    "InsufficientCredits": lambda emulator: emulator.fail(402),
    "ModerationError": lambda emulator: emulator.fail(403, metadata=MODERATION),
    "NotFound": lambda emulator: emulator.fail(404),
    "RateLimited": lambda emulator: emulator.fail(429, retry_after=1),
    "ProviderError": lambda emulator: emulator.fail(502, metadata={"provider_name": "X", "raw": "down"}),
    "Overloaded": lambda emulator: emulator.fail(503),
    "RequestTimeout": lambda emulator: emulator.fail(500, fault=Fault.stall()),
    "EmptyReply": lambda emulator: emulator.reply("", times=2),
    "ConnectError": lambda emulator: emulator.close(),
}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(key=KEYS["key"], management_key=KEYS["management_key"]) as emulator:
        yield emulator


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.client}: {row.there}") for row in ROWS])
async def test_a_row_runs_as_it_is_shown(
    row: Row, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENROUTER_BASE_URL", emulator.base_url)
    monkeypatch.setenv("OPENROUTER_API_KEY", KEYS["key"])
    monkeypatch.setenv("OPENROUTER_MANAGEMENT_KEY", KEYS["management_key"])
    namespace: dict[str, Any] = {}
    exec(compile(NAMES, "docs/howto/coming-from.md", "exec", dont_inherit=True), namespace)
    client: AsyncOpenRouter = namespace["client"]
    if "prompted" in row.code:
        emulator.reply('<think>Norway.</think>Here it is:\n```json\n{"name": "Oslo", "founded": 1040}\n```')
    caught = re.search(r"except (\w+) as", row.code)
    if caught is not None:
        namespace["client"] = client.with_options(retries=Retries(attempts=1), timeouts=Timeouts(headers=0.3))
        if "await client.chat.create" in row.code:
            PROVOKED[caught[1]](emulator)
    code = compile(
        row.code, f"row {row.there!r}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
    )
    try:
        running = eval(code, namespace)
        if code.co_flags & CO_COROUTINE:
            await running
        if "app" in namespace:
            await assert_serves_a_page_and_models(namespace["app"])
    finally:
        await client.aclose()
        if namespace["client"] is not client and not namespace["client"]._is_derived:
            await namespace["client"].aclose()


async def assert_serves_a_page_and_models(app: Any) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
        page, models = await browser.get("/"), await browser.get("/v1/models")
    assert "<html" in page.text.lower()
    assert "openai/gpt-4o" in {model["id"] for model in models.json()["data"]}


LUA = """
    constructor chat complete quickChat streamChat streamMessages createConversation sendMessage listModels
    listFreeModels getModel searchModels getCredits getUsage withTools setDefaultModel setDefaultOptions applyPreset
    estimateTokens systemMessage userMessage assistantMessage toolMessage createTool getRandomFreeModel MODELS
    FREE_MODELS PRESETS temperature max_tokens top_p top_k frequency_penalty presence_penalty repetition_penalty stop
    seed tools tool_choice response_format retryAttempts retryDelay timeout status message code .env
"""
GO = """
    SupportsStructuredOutput GetSupportedModels AddStructuredOutputModel RemoveStructuredOutputModel
    GenerateSchemaForType GenerateSchemaFromJSONExample UseOpenRouterJsonFormat UseOpenRouterJsonFormatFromJSON
    ValidateJSONResponseFormat ValidateJSONAgainstSchema Definition CreateUniversalCompatibilityPrompt
    FormatSchemaForPrompt GenerateUniversalSystemPrompt MergeSystemPrompts PseudoStructuredResponseCleaner
    GetGenerationStats ValidateNonStreamingResponse IsNoChoicesError HasChoiceErrors GetChoiceErrors
    ExtractChoiceError GetModelCapabilities ServeChatUI IsProviderError
    transforms models route logit_bias min_p top_a top_logprobs moderation timeout
"""


LUA_BEHAVIOURS = [
    "random free model when none is given", "status 0, for the network", "default model",
    "`temperature` 0.7 and `max_tokens` 4096", "needs a management key",
]  # fmt: skip
GO_BEHAVIOURS = [
    "two paths, chosen by what the model can do", "prompt completion", "stream cancelled through a context",
    "404 when asked too soon", "no response", "bad request", "invalid credentials", "insufficient credits",
    "moderation flag", "provider error", "rate limit", "model down", "no providers", "unknown generation id",
    "provider preferences", "the user's first", "HTTP router over the client", "chat page",
]  # fmt: skip


@pytest.mark.parametrize(("client", "behaviours"), [("Lua", LUA_BEHAVIOURS), ("Go", GO_BEHAVIOURS)])
def test_no_behaviour_of_the_two_clients_is_left_out(client: str, behaviours: list[str]) -> None:
    told = "\n".join(row.there for row in ROWS if row.client == client)
    assert [behaviour for behaviour in behaviours if behaviour not in told] == []


@pytest.mark.parametrize(("client", "names"), [("Lua", LUA), ("Go", GO)])
def test_nothing_of_the_two_clients_is_left_out(client: str, names: str) -> None:
    told = "\n".join(row.there for row in ROWS if row.client == client)
    missing = [name for name in names.split() if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", told)]
    assert missing == []
