"""Runs against the emulator: what is asked, which tools run, and how it ends."""

from __future__ import annotations

import asyncio
import pickle
import threading
from decimal import Decimal
from typing import Any

import anyio
import pytest

from openrouter_async import (
    APIStatusError,
    ConfigurationError,
    InsufficientCredits,
    PausedRun,
    RepeatedToolCall,
    ReplyNotParsed,
    Run,
    Tool,
    ToolError,
    create_tool,
    image,
    max_cost,
    max_steps,
    run_of,
    tool,
    tool_called,
    user,
    web_search,
)
from openrouter_async.testing import Answer, Emulator, Reply, tool_call
from tests.support.emulated import MODEL, client_of
from tests.support.strict_requests import faults

pytestmark = pytest.mark.loopback


@tool
async def weather(city: str, unit: str = "c") -> dict[str, str]:
    """Current weather."""
    return {"city": city, "unit": unit, "sky": "clear"}


async def run_with(
    emulator: Emulator, *tools: Any, message: str = "How is the weather?", **params: Any
) -> Run:
    async with client_of(emulator) as client:
        return await client.chat.run(message, tools=tools, **params)


def last_messages(emulator: Emulator, request: int, count: int) -> list[Any]:
    return emulator.requests[request].messages[-count:]


async def test_a_tool_is_run_and_its_result_answers_the_model(emulator: Emulator) -> None:
    emulator.reply(tool_call("weather", city="Oslo"))
    emulator.reply("It is clear.")
    run = await run_with(emulator, weather, temperature=0)
    assert (run.text, run.output, run.status, run.stopped_by) == (
        "It is clear.",
        "It is clear.",
        "complete",
        None,
    )
    first, second = emulator.requests
    assert first.json["tools"] == second.json["tools"] == [weather.definition]
    assert first.json["temperature"] == second.json["temperature"] == 0
    call = run.steps[0].completion.tool_calls[0]
    assert second.messages == [
        {"role": "user", "content": "How is the weather?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": "weather", "arguments": call.arguments},
                }
            ],
        },
        {"role": "tool", "tool_call_id": call.id, "content": '{"city":"Oslo","unit":"c","sky":"clear"}'},
    ]
    assert [*run.messages] == [*second.messages, {"role": "assistant", "content": "It is clear."}]
    assert run.results == run.steps[0].results
    assert (run.results[0].call, run.results[0].error) == (call, None)


async def test_usage_and_cost_are_those_of_all_steps(emulator: Emulator) -> None:
    emulator.reply(tool_call("weather", city="Oslo"), usage={"cost": 0.25, "prompt_tokens": 5})
    emulator.reply("It is clear.", usage={"cost": 0.5, "prompt_tokens": 7})
    run = await run_with(emulator, weather)
    assert (run.usage.cost, run.usage.prompt_tokens) == (Decimal("0.75"), 12)
    assert run.usage.completion_tokens == sum(
        step.completion.usage.completion_tokens or 0 for step in run.steps if step.completion.usage
    )


async def test_without_a_call_one_request_is_all(emulator: Emulator) -> None:
    emulator.reply("Hello")
    run = await run_with(emulator)
    assert (run.text, len(run.steps), len(emulator.requests)) == ("Hello", 1, 1)
    assert "tools" not in emulator.requests[0].json
    assert "resumption" not in repr(run)
    assert "messages=" not in repr(run)  # a prompt, or a picture, is not to be in a log


async def test_a_run_goes_on_where_another_ended(emulator: Emulator) -> None:
    emulator.reply(tool_call("weather", city="Oslo"))
    emulator.reply("Clear.")
    emulator.reply("Also clear.")
    async with client_of(emulator) as client:
        first = await client.chat.run("Oslo?", tools=[weather])
        second = await client.chat.run([*first.messages, user("Rome?")], tools=[weather])
    assert emulator.requests[2].messages == [*first.messages, {"role": "user", "content": "Rome?"}]
    assert [*second.messages][:-1] == emulator.requests[2].messages


@pytest.mark.parametrize("place", ["nowhere", "call", "extra_body", "client"])
async def test_the_requests_of_a_run_share_a_session_which_is_the_one_given(
    emulator: Emulator, place: str
) -> None:
    emulator.reply(tool_call("weather", city="Oslo"))
    emulator.reply("It is clear.")
    params: dict[str, Any] = {
        "call": {"session_id": "mine"},
        "extra_body": {"extra_body": {"session_id": "mine"}},
    }
    async with client_of(emulator) as client:
        asked = client.with_options(session_id="mine") if place == "client" else client
        await asked.chat.run("How is the weather?", tools=[weather], **params.get(place, {}))
    first, second = (
        each.headers.get("x-session-id") or each.json.get("session_id") for each in emulator.requests
    )
    assert first == second
    assert (first == "mine") == (place != "nowhere")
    assert first


async def test_functions_and_server_tools_stand_beside_tools(emulator: Emulator) -> None:
    async def plain(number: int) -> int:
        """Double."""
        return 2 * number

    emulator.reply(tool_call("plain", number=2))
    emulator.reply("4")
    run = await run_with(emulator, plain, web_search(max_results=3), weather)
    types = [each["type"] for each in emulator.requests[0].json["tools"]]  # type: ignore[union-attr, index, call-overload]
    assert sorted(types) == ["function", "function", "openrouter:web_search"]
    assert run.results[0].content == "4"


async def test_the_calls_of_one_turn_run_together_and_answer_in_order(emulator: Emulator) -> None:
    both_are_there = anyio.Event()
    inside: list[str] = []

    @tool
    async def meet(name: str) -> str:
        inside.append(name)
        if len(inside) == 2:
            both_are_there.set()
        with anyio.fail_after(5):
            await both_are_there.wait()
        if name == "first":
            await anyio.sleep(0.02)
        return name

    emulator.reply(tool_call("meet", name="first"), tool_call("meet", name="second"))
    emulator.reply("met")
    run = await run_with(emulator, meet)
    assert [result.content for result in run.results] == ["first", "second"]
    calls = last_messages(emulator, 1, 3)[0]["tool_calls"]
    assert [m["tool_call_id"] for m in last_messages(emulator, 1, 2)] == [call["id"] for call in calls]


@pytest.mark.parametrize("limit", [1, 2])
async def test_no_more_calls_run_at_once_than_allowed(emulator: Emulator, limit: int) -> None:
    running = most = 0

    @tool
    async def count(number: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.sleep(0.005)
        running -= 1

    emulator.reply(*(tool_call("count", number=n) for n in range(5)))
    emulator.reply("counted")
    await run_with(emulator, count, tool_concurrency=limit)
    assert most == limit


@pytest.mark.parametrize(
    "name",
    [
        "functions.weather",
        "default_api.weather",
        "default_api:weather",
        " weather\n",
        "weather<|channel|>json",
    ],
)
async def test_a_tool_is_found_by_its_name_in_the_template_of_its_model(
    name: str, emulator: Emulator
) -> None:
    emulator.reply(tool_call(name, city="Oslo"))
    run = await run_with(emulator, weather, stop=tool_called("weather"))
    (result,) = run.results
    assert (result.call.name, result.error) == ("weather", None)
    assert len(run.steps) == 1


@pytest.mark.parametrize("name", ["Weather", "my.weather", "functions.", "weather<", "w" * 500])
async def test_any_other_name_is_told_to_the_model(name: str, emulator: Emulator) -> None:
    emulator.reply(tool_call(name, city="Oslo"))
    emulator.reply("no")
    run = await run_with(emulator, weather)
    assert [result.error for result in run.results] == [
        f"there is no tool {name!r}; the tools are ['weather']"
    ]


async def boom(text: str = "no such city") -> None:
    raise ValueError(text)


async def awaits_what_was_cancelled() -> None:
    other = asyncio.ensure_future(asyncio.sleep(60))
    other.cancel()
    await other


def slow_sync() -> None:
    released.wait(5)


released = threading.Event()


@tool(timeout=0.02)
async def slow() -> None:
    await anyio.sleep_forever()


SLOW_SYNC: Tool[..., Any] = tool(timeout=0.02)(slow_sync)


@pytest.mark.parametrize(
    ("each", "call", "said"),
    [
        pytest.param(
            boom, tool_call("boom"), "the tool 'boom' failed: ValueError: no such city", id="exception"
        ),
        pytest.param(slow, tool_call("slow"), "the tool 'slow' took longer than 0.02 s", id="time-out"),
        pytest.param(
            SLOW_SYNC, tool_call("slow_sync"), "the tool 'slow_sync' took longer than 0.02 s", id="thread"
        ),
        pytest.param(
            weather,
            tool_call("nope"),
            "there is no tool 'nope'; the tools are ['weather']",
            id="unknown tool",
        ),
        pytest.param(
            weather,
            tool_call("weather", "{}"),
            "wrong arguments for 'weather': city: field required",
            id="missing",
        ),
        pytest.param(
            weather, tool_call("weather", city=3), "city: input should be a valid string", id="wrong type"
        ),
        pytest.param(weather, tool_call("weather", '"x"'), "input should be an object", id="no object"),
        pytest.param(
            weather,
            tool_call("weather", '{"city": "Os'),
            "the call was cut off before its arguments",
            id="cut",
        ),
        pytest.param(
            weather,
            tool_call("weather", '{"city": "Oslo"} please'),
            "wrong arguments for 'weather': invalid JSON: trailing characters",
            id="more behind the arguments",
        ),
        pytest.param(
            tool(name="odd")(lambda: object()),
            tool_call("odd"),
            "TypeError: the tool returned a object",
            id="result",
        ),
    ],
)
async def test_what_goes_wrong_is_a_result_for_the_model(
    emulator: Emulator, each: Any, call: Any, said: str
) -> None:
    emulator.reply(call)
    emulator.reply("I see.")
    run = await run_with(emulator, each)
    released.set()
    released.clear()
    (message,) = last_messages(emulator, 1, 1)
    assert message["content"].startswith("error: ")
    assert said in message["content"]
    assert run.results[0].error == message["content"].removeprefix("error: ")
    assert run.text == "I see."


@pytest.mark.parametrize(
    ("each", "call"),
    [
        pytest.param(boom, tool_call("boom"), id="exception"),
        pytest.param(slow, tool_call("slow"), id="time-out"),
        pytest.param(weather, tool_call("nope"), id="unknown tool"),
    ],
)
async def test_what_goes_wrong_raises_if_asked(emulator: Emulator, each: Any, call: Any) -> None:
    emulator.reply(call)
    with pytest.raises(ToolError) as caught:
        await run_with(emulator, each, tool_errors="raise")
    error = caught.value
    assert (error.tool, len(emulator.requests)) == (call.name, 1)
    assert error.run is not None
    assert run_of(error) is error.run
    assert run_of(ToolError("outside of runs")) is None
    assert (error.run.status, len(error.run.steps)) == ("failed", 1)
    was_started = each is not weather
    roles = [message["role"] for message in error.run.messages]
    assert roles == ["user", *(["assistant", "tool"] if was_started else [])]
    if each is boom:
        assert isinstance(error.__cause__, ValueError)
    assert pickle.loads(pickle.dumps(error)).run.usage == error.run.usage


@pytest.mark.parametrize("concurrency", [1, 16])
def test_a_tool_that_is_cancelled_by_its_own_work_has_failed_like_any_other(
    emulator: Emulator, concurrency: int
) -> None:
    """On asyncio a tool may await something that was cancelled elsewhere; that is no cancellation of the run."""
    emulator.reply(tool_call("awaits_what_was_cancelled"), tool_call("weather", city="Oslo"))
    emulator.reply("I see.")
    run = asyncio.run(run_with(emulator, awaits_what_was_cancelled, weather, tool_concurrency=concurrency))
    first, second = last_messages(emulator, 1, 2)
    assert first["content"] == "error: the tool 'awaits_what_was_cancelled' failed: CancelledError"
    assert not str(second["content"]).startswith("error")
    assert run.text == "I see."


async def test_a_failure_that_raises_cancels_the_other_calls(emulator: Emulator) -> None:
    ended: list[str] = []

    @tool
    async def wait() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("cancelled")

    emulator.reply(tool_call("wait"), tool_call("boom"))
    with pytest.raises(ToolError, match="'boom' failed"):
        await run_with(emulator, wait, boom, tool_errors="raise")
    assert ended == ["cancelled"]


async def test_wrong_arguments_go_to_the_model_even_where_failures_raise(emulator: Emulator) -> None:
    emulator.reply(tool_call("weather", "{}"))
    emulator.reply(tool_call("weather", city="Oslo"))
    emulator.reply("Clear.")
    run = await run_with(emulator, weather, tool_errors="raise")
    assert [bool(result.error) for result in run.results] == [True, False]


async def test_a_cancelled_run_leaves_no_tool_running(emulator: Emulator) -> None:
    began, ended = anyio.Event(), anyio.Event()

    @tool
    async def wait() -> None:
        began.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()

    emulator.reply(tool_call("wait"))
    async with anyio.create_task_group() as group:
        group.start_soon(run_with, emulator, wait)
        with anyio.fail_after(5):
            await began.wait()
        group.cancel_scope.cancel()
    assert ended.is_set()


async def test_an_image_is_a_result(emulator: Emulator) -> None:
    @tool
    async def look() -> list[object]:
        return ["here:", image("https://a.example/x.png")]

    emulator.reply(tool_call("look"))
    emulator.reply("A cat.")
    await run_with(emulator, look)
    assert last_messages(emulator, 1, 1)[0]["content"] == [
        {"type": "text", "text": "here:"},
        {"type": "image_url", "image_url": {"url": "https://a.example/x.png"}},
    ]


# How it ends


async def test_a_run_ends_at_its_stop_condition_with_the_results_in_place(emulator: Emulator) -> None:
    emulator.reply(tool_call("weather", city="Oslo"))
    run = await run_with(emulator, weather, stop=max_steps(1))
    assert (run.status, run.stopped_by, run.text) == ("stopped", "max_steps(1)", "")
    assert run.messages[-1]["role"] == "tool"
    assert len(emulator.requests) == 1


async def test_a_budget_ends_a_run(emulator: Emulator) -> None:
    for _ in range(3):
        emulator.reply(tool_call("weather", city="Oslo"), usage={"cost": 0.02})
    run = await run_with(emulator, weather, stop=max_steps(9) | max_cost("0.05"))
    assert (run.stopped_by, len(run.steps), run.usage.cost) == ("max_cost('0.05')", 2, Decimal("0.04"))


async def test_a_budget_of_a_run_counts_what_a_provider_charged_to_a_key_of_ones_own(
    emulator: Emulator,
) -> None:
    usage: Any = {"cost": 0, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.02}}
    for _ in range(3):
        emulator.reply(tool_call("weather", city="Oslo"), usage=usage)
    run = await run_with(emulator, weather, stop=max_steps(9) | max_cost("0.05"))
    assert (run.stopped_by, len(run.steps)) == ("max_cost('0.05')", 2)
    assert (run.usage.cost, run.usage.paid) == (Decimal(0), Decimal("0.04"))


async def test_what_a_failed_step_was_charged_is_in_the_usage_of_the_run(emulator: Emulator) -> None:
    emulator.reply(tool_call("weather", city="Oslo"), usage={"cost": 0.02})
    error: Any = {"code": 502, "message": "the provider fell over"}
    choice: Any = {"index": 0, "message": {"role": "assistant", "content": "Half"}, "error": error}
    emulator.answer("/chat/completions", {"id": "gen-1", "choices": [choice], "usage": {"cost": 0.03}})
    with pytest.raises(APIStatusError) as caught:
        await run_with(emulator, weather)
    assert caught.value.run is not None
    assert caught.value.run.usage.cost == Decimal("0.05")


async def test_a_run_is_complete_where_the_condition_is_met_by_its_answer(emulator: Emulator) -> None:
    emulator.reply("Hello")
    run = await run_with(emulator, weather, stop=max_steps(1))
    assert (run.status, run.stopped_by) == ("complete", None)


@pytest.mark.parametrize("directive", [True, "Answer now."])
async def test_a_stopped_run_may_ask_for_a_last_answer(emulator: Emulator, directive: Any) -> None:
    emulator.reply(tool_call("weather", city="Oslo"))
    emulator.reply("Clear, I think.")
    run = await run_with(emulator, weather, stop=tool_called("weather"), final_answer=directive)
    assert (run.status, run.stopped_by, run.text) == ("stopped", "tool_called('weather')", "Clear, I think.")
    last = emulator.requests[1]
    assert (last.json["tool_choice"], last.json["tools"]) == ("none", [weather.definition])
    said = last.messages[-1]
    assert said == {"role": "user", "content": directive} if directive is not True else said["role"] == "tool"


async def test_a_model_that_calls_tools_in_its_last_answer_is_not_obeyed(emulator: Emulator) -> None:
    ran: list[str] = []

    @tool
    async def note(text: str) -> None:
        ran.append(text)

    emulator.reply(tool_call("note", text="first"))
    emulator.reply("So:", tool_call("note", text="second"))
    run = await run_with(emulator, note, stop=max_steps(1), final_answer=True)
    assert (ran, run.text, len(emulator.requests)) == (["first"], "So:", 2)
    assert run.messages[-1]["role"] == "tool", "so that the messages can be sent again"


async def test_a_forced_call_is_forced_once(emulator: Emulator) -> None:
    emulator.reply(tool_call("weather", city="Oslo"))
    emulator.reply("Clear.")
    await run_with(emulator, weather, tool_choice="required")
    assert [request.json["tool_choice"] for request in emulator.requests] == ["required", "auto"]


async def test_the_same_call_again_and_again_ends_the_run(emulator: Emulator) -> None:
    for spacing in ("", " ", "  "):
        emulator.reply(tool_call("weather", f'{{"city":{spacing}"Oslo","unit":"c"}}'))
    with pytest.raises(
        RepeatedToolCall, match="called 'weather' with the same arguments in 3 turns"
    ) as caught:
        await run_with(emulator, weather, max_repeats=2)
    assert caught.value.run is not None
    assert [len(step.results) for step in caught.value.run.steps] == [1, 1, 0]


async def test_a_call_with_others_between_is_no_repetition(emulator: Emulator) -> None:
    for city in ("Oslo", "Rome", "Oslo", "Rome"):
        emulator.reply(tool_call("weather", city=city))
    emulator.reply("Clear.")
    assert (await run_with(emulator, weather, max_repeats=1)).status == "complete"


async def test_repetition_may_be_allowed(emulator: Emulator) -> None:
    for _ in range(8):
        emulator.reply(tool_call("weather", city="Oslo"))
    emulator.reply("Clear.")
    run = await run_with(emulator, weather, max_repeats=None)
    assert len(run.steps) == 9


async def test_a_failed_request_keeps_what_was_done(emulator: Emulator) -> None:
    emulator.reply(tool_call("weather", city="Oslo"), usage={"cost": 0.25})
    emulator.fail(402)
    with pytest.raises(InsufficientCredits) as caught:
        await run_with(emulator, weather)
    run = caught.value.run
    assert run is not None
    assert (run.status, run.usage.cost, run.messages[-1]["role"]) == ("failed", Decimal("0.25"), "tool")


# Who serves it


def encrypted(provider: str | None) -> Answer:
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Oslo"}'}}
    details = [{"type": "reasoning.encrypted", "data": "b3BhcXVl", "format": "google-gemini-v1", "index": 0}]
    message = {"role": "assistant", "content": "", "tool_calls": [call], "reasoning_details": details}
    return Answer(
        body={
            "id": "gen-1",
            "model": MODEL,
            "provider": provider,
            "choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}],
        }  # type: ignore[dict-item]  # JSON
    )


def providers(emulator: Emulator) -> list[Any]:
    return [request.json.get("provider") for request in emulator.requests]


async def test_encrypted_reasoning_stays_with_its_provider(emulator: Emulator) -> None:
    emulator.script(encrypted("Google AI Studio"))
    emulator.reply("Clear.")
    await run_with(
        emulator, weather, provider={"sort": "price", "only": ["google-ai-studio", "google-vertex"]}
    )
    assert providers(emulator) == [
        {"only": ["google-ai-studio", "google-vertex"], "sort": "price"},
        {"only": ["google-ai-studio"], "sort": "price"},
    ]
    details = emulator.requests[1].messages[1]["reasoning_details"]
    assert details == [
        {"type": "reasoning.encrypted", "data": "b3BhcXVl", "format": "google-gemini-v1", "index": 0}
    ]


@pytest.mark.parametrize(
    ("only", "sent"),
    [
        (["amazon-bedrock/us-east-1"], ["amazon-bedrock/us-east-1"]),
        (["azure", "Amazon Bedrock", "amazon-bedrock/eu"], ["Amazon Bedrock", "amazon-bedrock/eu"]),
        (["azure"], ["azure"]),
        ([], []),
        (None, ["Amazon Bedrock"]),
    ],
)
@pytest.mark.parametrize("of_client", [False, True])
async def test_the_pin_allows_nothing_that_the_caller_does_not(
    emulator: Emulator, only: Any, sent: Any, of_client: bool
) -> None:
    emulator.script(encrypted("Amazon Bedrock"))
    emulator.reply("Clear.")
    mine: Any = {"zdr": True, "only": only}
    async with client_of(emulator) as client:
        if of_client:
            derived = client.with_options(params={"provider": mine})
            await derived.chat.run("x", tools=[weather])
        else:
            await client.chat.run("x", tools=[weather], provider=mine)
    assert providers(emulator) == [mine, {"zdr": True, "only": sent}]


async def test_a_pin_that_the_service_does_not_know_is_given_up(emulator: Emulator) -> None:
    emulator.script(encrypted("Amazon Bedrock"))
    emulator.fail(400, "provider.only: unknown provider 'Amazon Bedrock'")
    emulator.reply("Clear.")
    assert (await run_with(emulator, weather)).text == "Clear."
    assert providers(emulator) == [None, {"only": ["Amazon Bedrock"]}, None]


def silent(text: str = "") -> Answer:
    message = {"role": "assistant", "content": text, "reasoning": "I search."}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    return Answer(body={"id": "gen-1", "model": MODEL, "choices": [choice], "usage": {"cost": 0.25}})


async def test_a_reply_that_calls_nothing_though_it_says_so_is_gone_on_with(emulator: Emulator) -> None:
    for text in ("", "Let me see."):
        emulator.script(silent(text))
    emulator.reply("Clear.")
    run = await run_with(emulator, weather, web_search())
    assert (run.text, run.status, len(run.steps)) == ("Clear.", "complete", 3)
    assert faults(emulator.requests[-1].messages) == []
    assert [m["content"] for m in emulator.requests[-1].messages[1:]] == [
        "(no text)",
        "Go on.",
        "Let me see.",
        "Go on.",
    ]


async def test_it_is_not_gone_on_with_for_ever_and_never_complete(emulator: Emulator) -> None:
    for _ in range(9):
        emulator.script(silent())
    run = await run_with(emulator, web_search())
    assert (run.status, len(run.steps), len(emulator.requests)) == ("stopped", 4, 4)
    assert run.stopped_by == "3 more replies that end with tool_calls and contain none"
    emulator.reset()
    for _ in range(9):
        emulator.script(silent())
    run = await run_with(emulator, web_search(), stop=max_steps(2))
    assert (run.status, run.stopped_by, len(emulator.requests)) == ("stopped", "max_steps(2)", 2)


async def test_text_is_an_answer_where_only_functions_could_be_called(emulator: Emulator) -> None:
    emulator.script(silent("It is clear."))
    run = await run_with(emulator, weather)
    assert (run.text, run.status, len(emulator.requests)) == ("It is clear.", "complete", 1)


async def test_the_model_is_told_of_a_call_without_a_name(emulator: Emulator) -> None:
    call = {"id": "a", "type": "function", "function": {"name": "", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    emulator.script(Answer(body={"id": "gen-1", "model": MODEL, "choices": [{"message": message}]}))
    emulator.reply("Clear.")
    run = await run_with(emulator, weather)
    assert faults(emulator.requests[-1].messages) == []
    assert "no name" in emulator.requests[-1].messages[-1]["content"]
    assert run.status == "complete"


@pytest.mark.parametrize(
    ("answer", "params"),
    [
        pytest.param(encrypted("Azure"), {"keep_provider": False}, id="told otherwise"),
        pytest.param(encrypted(None), {}, id="provider unknown"),
        pytest.param(
            Reply.of(tool_call("weather", city="Oslo"), provider="Azure"), {}, id="nothing encrypted"
        ),
    ],
)
async def test_all_else_goes_where_it_likes(emulator: Emulator, answer: Any, params: dict[str, Any]) -> None:
    emulator.script(answer)
    emulator.reply("Clear.")
    await run_with(emulator, weather, **params)
    assert providers(emulator) == [None, None]


async def test_a_provider_that_is_not_there_any_more_is_given_up(emulator: Emulator) -> None:
    emulator.script(encrypted("Gone"))
    emulator.fail(404)
    emulator.reply(tool_call("weather", city="Rome"))
    emulator.reply("Clear.")
    run = await run_with(emulator, weather)
    assert (run.text, providers(emulator)) == ("Clear.", [None, {"only": ["Gone"]}, None, None])


async def test_a_reply_among_the_messages_keeps_its_provider(emulator: Emulator) -> None:
    emulator.script(encrypted("Azure"))
    emulator.reply("Clear.")
    async with client_of(emulator) as client:
        reply = await client.chat.create("Oslo?", tools=[weather.definition])
        await client.chat.run(
            [user("Oslo?"), reply, {"role": "tool", "tool_call_id": "c1", "content": "clear"}],
            tools=[weather],
        )
    assert providers(emulator)[1] == {"only": ["Azure"]}


# What is refused


@pytest.mark.parametrize(
    ("params", "said"),
    [
        pytest.param(
            {"stop": "END"}, r"stop is a str; expected a condition such as max_steps\(8\)", id="stop"
        ),
        pytest.param({"final_answer": 1}, "final_answer is 1", id="final_answer"),
        pytest.param({"max_repeats": 0}, "max_repeats is 0", id="max_repeats"),
        pytest.param({"tool_errors": "ignore"}, "expected 'report' or 'raise'", id="tool_errors"),
        pytest.param({"tool_timeout": 0}, "tool_timeout is 0", id="tool_timeout"),
        pytest.param({"tool_timeout": "3"}, "tool_timeout is '3'; expected seconds", id="tool_timeout text"),
        pytest.param({"tool_concurrency": 0}, "tool_concurrency is 0", id="tool_concurrency"),
        pytest.param({"tools": weather}, "tools is a Tool; expected a list of tools", id="one tool"),
        pytest.param({"tools": [5]}, "tools contains a int; expected a function", id="no tool"),
        pytest.param({"tools": [weather, weather]}, "two tools are named 'weather'", id="twice"),
        pytest.param(
            {"tools": [weather, weather.definition]}, "two tools are named 'weather'", id="twice, as a dict"
        ),
        pytest.param(
            {"tools": [{"type": "function", "name": "weather"}]},
            "whose 'function' has no name",
            id="no name",
        ),
        pytest.param({"temprature": 1}, "did you mean 'temperature'", id="unknown parameter"),
    ],
)
async def test_a_wrong_argument_is_refused_before_anything_is_sent(
    emulator: Emulator, params: dict[str, Any], said: str
) -> None:
    async with client_of(emulator) as client:
        with pytest.raises(ConfigurationError, match=said):
            await client.chat.run("Hello", **params)
    assert emulator.requests == []


async def test_a_definition_can_be_given_to_a_plain_call_and_answered_by_hand(emulator: Emulator) -> None:
    """What `run` does for one turn can be done without it."""
    made = create_tool("find", "Find.", {"query": {"type": "string"}}, ["query"])
    emulator.reply(tool_call("find", query="a"))
    async with client_of(emulator) as client:
        reply = await client.chat.create("Find a.", tools=[made.definition])
    assert made.read_arguments(reply.tool_calls[0].arguments) == {"query": "a"}


# Values


async def test_the_last_reply_of_a_run_may_be_a_value(emulator: Emulator) -> None:
    emulator.reply(tool_call("weather", city="Oslo"), usage={"cost": 0.25})
    emulator.reply("[1, 2, 3]", usage={"cost": 0.25})
    run = await run_with(emulator, weather, output=list[int])
    assert (run.output, run.status, run.usage.cost) == ([1, 2, 3], "complete", Decimal("0.5"))
    assert run.messages[-1]["role"] == "assistant"


async def test_a_run_that_stopped_before_its_value_says_so(emulator: Emulator) -> None:
    emulator.reply(tool_call("weather", city="Oslo"))
    run = await run_with(emulator, weather, output=list[int], stop=max_steps(1))
    assert run.status == "stopped"
    with pytest.raises(ReplyNotParsed):
        _ = run.output


async def test_a_streamed_run_ends_with_the_value(emulator: Emulator) -> None:
    emulator.reply(tool_call("weather", city="Oslo"))
    emulator.reply("[1, 2, 3]")
    async with (
        client_of(emulator) as client,
        client.chat.run_stream("Count.", tools=[weather], output=list[int]) as stream,
    ):
        run = await stream.final()
    assert run.output == [1, 2, 3]


async def test_a_paused_run_goes_on_to_its_value(emulator: Emulator) -> None:
    ask = create_tool("ask", "Ask.", {"question": {"type": "string"}})
    emulator.reply(tool_call("ask", question="Which?"))
    run = await run_with(emulator, ask, output=list[int])
    assert run.paused is not None
    paused = PausedRun.from_json(run.paused.model_dump_json())
    emulator.reply("[1]")
    async with client_of(emulator) as client:
        decided = paused.answer(paused.waiting[0].call.id, "one")
        assert (await client.chat.run(decided, tools=[ask], output=list[int])).output == [1]


async def test_an_error_whose_text_no_request_can_carry_is_told_all_the_same(emulator: Emulator) -> None:
    class Wordless(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    @tool
    async def read(how: str) -> Any:
        if how == "raise":
            raise ValueError("cannot read caf\udce9")
        if how == "wordless":
            raise Wordless
        return [{"type": "text", "text": "caf\udce9"}, image("https://a.example/x.png")]

    emulator.reply(*(tool_call("read", how=how) for how in ("raise", "wordless", "part")))
    emulator.reply("I see.")
    run = await run_with(emulator, read)
    assert run.text == "I see."
    raised, wordless, parts = last_messages(emulator, 1, 3)
    assert raised["content"] == "error: the tool 'read' failed: ValueError: cannot read caf?"
    assert "Wordless" in wordless["content"]
    assert parts["content"][0] == {"type": "text", "text": "caf?"}


async def test_a_failed_tool_is_in_the_log_without_what_was_said(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    @tool
    async def broken(city: str) -> str:
        """Break."""
        if city == "Oslo":
            raise ValueError(f"nothing about {city}")
        return city

    emulator.reply(tool_call("broken", city="Oslo"), tool_call("broken", city="Rome"))
    emulator.reply("Sorry.")
    with caplog.at_level("WARNING", "openrouter_async"):
        await run_with(emulator, broken)
    assert [record.getMessage() for record in caplog.records if record.name == "openrouter_async"] == [
        "the tool 'broken' failed with ValueError; the model gets the error"
    ]


async def test_a_call_whose_id_comes_again_in_the_next_turn_is_another_call(emulator: Emulator) -> None:
    for city in ("Oslo", "Rome"):
        emulator.answer(
            "/chat/completions",
            {
                "id": "gen-1",
                "model": MODEL,
                "choices": [{
                    "index": 0,
                    "finish_reason": "tool_calls",
                    "message": {"role": "assistant", "content": None, "tool_calls": [{
                        "id": "call_1", "type": "function",
                        "function": {"name": "weather", "arguments": f'{{"city": "{city}"}}'},
                    }]},
                }],
            },
        )  # fmt: skip
    emulator.reply("Both are clear.")
    run = await run_with(emulator, weather)
    cities = [result.content for step in run.steps for result in step.results]
    assert ["Oslo" in str(cities[0]), "Rome" in str(cities[1])] == [True, True]
    assert len(cities) == 2
