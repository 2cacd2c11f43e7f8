"""The emulator as a whole: its life, its account, its script, and what it remembers; each over a socket."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from decimal import Decimal

import anyio
import httpx
import pytest
from pydantic import JsonValue

from openrouter_async import AsyncOpenRouter, Retries, errors
from openrouter_async.errors import ConfigurationError
from openrouter_async.testing import (
    Answer,
    Emulator,
    Failure,
    Fault,
    RateLimit,
    ReceivedRequest,
    Reply,
    tool_call,
)
from tests.support.plain_http import PLAIN

MODEL = "openai/gpt-4o-mini"


def client_of(emulator: Emulator, **settings: Retries) -> AsyncOpenRouter:
    return AsyncOpenRouter(
        emulator.key,
        management_key=emulator.management_key,
        base_url=emulator.base_url,
        default_model=MODEL,
        retries=settings.get("retries", Retries(attempts=1)),
    )


def get(emulator: Emulator, path: str, key: str | None = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {key or emulator.key}"}
    return httpx.get(emulator.base_url + path, headers=headers, trust_env=False, verify=PLAIN)


def post(emulator: Emulator, body: dict[str, object]) -> httpx.Response:
    headers = {"authorization": f"Bearer {emulator.key}"}
    return httpx.post(
        f"{emulator.base_url}/chat/completions", headers=headers, json=body, trust_env=False, verify=PLAIN
    )


# life


@pytest.mark.loopback
async def test_it_serves_asyncio_and_trio() -> None:
    async with Emulator() as emulator, client_of(emulator) as client:
        emulator.reply("Paris", times=2)
        assert (await client.chat.create("The capital of France?")).text == "Paris"
        async with client.chat.stream("The capital of France?") as stream:
            assert [text async for text in stream.text()] == ["Paris"]
    assert [request.prompt for request in emulator.requests] == ["The capital of France?"] * 2


def test_it_serves_synchronous_programs_and_leaves_no_thread() -> None:
    before = threading.active_count()
    with Emulator() as emulator:
        answer = httpx.get(f"{emulator.base_url}/models", trust_env=False, verify=PLAIN)
        assert len(answer.json()["data"]) > 300
    assert threading.active_count() == before
    with pytest.raises(ConfigurationError, match="does not run"):
        _ = emulator.base_url
    emulator.close()


def test_it_can_be_started_again() -> None:
    emulator = Emulator()
    for _ in range(2):
        with emulator:
            assert (
                httpx.get(f"{emulator.base_url}/providers", trust_env=False, verify=PLAIN).status_code == 200
            )


def test_starting_and_stopping_waits_for_no_clock() -> None:
    """The fastest of twenty takes less than a tick of uvicorn's, for which each would wait at its start or end."""
    took = []
    for _ in range(20):
        begun = time.perf_counter()
        with Emulator(models=[MODEL]):
            pass
        took.append(time.perf_counter() - begun)
    assert min(took) < 0.1, took


@pytest.mark.loopback
async def test_made_up_answers_are_the_same_each_time_and_others_with_another_seed() -> None:
    texts = []
    for seed in ({}, {"seed": 0}, {"seed": 7}):
        with Emulator(**seed) as emulator:
            async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client:
                texts.append((await client.chat.create("Tell me a story.", model="openai/gpt-4o")).text)
    assert texts[0] == texts[1] != texts[2]


async def test_two_side_by_side_know_nothing_of_each_other() -> None:
    with Emulator() as one, Emulator() as other:
        one.reply("one")
        other.reply("other")
        async with client_of(one) as first, client_of(other) as second:
            assert (await second.chat.create("Who?")).text == "other"
            assert (await first.chat.create("Who?")).text == "one"
        assert (len(one.requests), len(other.requests)) == (1, 1)
        assert get(other, "/key", one.key).status_code == 401


def test_a_port_can_be_chosen_and_one_in_use_is_said_so() -> None:
    with Emulator() as emulator:
        port = int(emulator.base_url.split(":")[2].split("/")[0])
        with pytest.raises(ConfigurationError, match=f"port {port} of 127.0.0.1 cannot be used"):
            Emulator(port=port).start()
    with Emulator(port=port) as again:
        assert f":{port}/" in again.base_url


def test_leaving_it_ends_answers_that_never_would() -> None:
    with Emulator() as emulator:
        emulator.reply("never", fault=Fault.stall(after=2))
        sender = threading.Thread(target=ignore_all, args=(emulator,))
        sender.start()
        while not (emulator.requests and emulator.requests[0].events_sent == 2):
            time.sleep(0.001)
    sender.join(5)
    assert not sender.is_alive()
    assert emulator.requests[0].disconnected_at is not None


def ignore_all(emulator: Emulator) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}], "stream": True}
    headers = {"authorization": f"Bearer {emulator.key}"}
    with pytest.raises(httpx.HTTPError):
        httpx.post(
            f"{emulator.base_url}/chat/completions", json=body, headers=headers, trust_env=False, verify=PLAIN
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"credits": "much"}, "credits is 'much'; expected US dollars"),
        ({"speed": 0}, "speed is 0; expected tokens a second"),
        ({"models": []}, "models is empty"),
        ({"models": ["gpt"]}, "the id of a model is 'gpt'"),
    ],
)
def test_a_wrong_argument_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Emulator(**arguments)  # type: ignore[arg-type]  # that is what is tested


WITHOUT_EXTRA = """
import sys
sys.modules["uvicorn"] = None
from openrouter_async.errors import ConfigurationError
from openrouter_async.testing import Fault, Recorder, Reply, tool_call
try:
    from openrouter_async.testing import Emulator
except ConfigurationError as error:
    print(error)
"""


def test_without_the_extra_the_emulator_says_what_to_install_and_the_rest_works() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRA], capture_output=True, text=True, check=False, timeout=60
    )
    assert (
        done.stdout == "the emulator needs the package uvicorn; pip install 'openrouter-async[testing]'\n"
    ), done


async def test_no_log_holds_a_key(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), Emulator() as emulator:
        emulator.fail(500)
        async with client_of(emulator) as client:
            with pytest.raises(errors.ServerError):
                await client.chat.create("Hello")
    assert emulator.key not in caplog.text


# the script


async def test_the_script_is_followed_in_order_and_then_replies_are_generated() -> None:
    with Emulator() as emulator:
        emulator.reply("first")
        emulator.fail(503, "Overloaded", error_type="provider_overloaded")
        emulator.reply(tool_call("add", a=1, b=2))
        assert emulator.unused == 3
        async with client_of(emulator) as client:
            assert (await client.chat.create("Hello")).text == "first"
            with pytest.raises(errors.Overloaded, match="Overloaded"):
                await client.chat.create("Hello")
            assert (await client.chat.create("Hello")).tool_calls[0].args == {"a": 1, "b": 2}
            assert (await client.chat.create("Hello")).text
        assert [request.origin for request in emulator.requests] == ["scripted"] * 3 + ["generated"]


async def test_a_scripted_answer_can_stand_for_several_requests_or_for_all() -> None:
    with Emulator() as emulator:
        emulator.reply("twice", times=2)
        emulator.reply("for ever", times=None)
        async with client_of(emulator) as client:
            texts = [(await client.chat.create("Hello")).text for _ in range(4)]
        assert texts == ["twice", "twice", "for ever", "for ever"]
        assert emulator.unused == 0


async def test_an_answer_is_kept_for_the_request_it_is_for() -> None:
    with Emulator(strict=True) as emulator:
        emulator.reply("A title", model="openai/gpt-4.1-nano")
        emulator.reply("Paris", when=lambda request: "capital" in request.prompt)
        emulator.fail(503, when=lambda request: request.prompt == "Fail", model=MODEL)
        emulator.reply("anything")
        async with client_of(emulator) as client:
            assert (await client.chat.create("Hello")).text == "anything"
            with pytest.raises(errors.ServerError, match="no reply is scripted"):
                await client.chat.create("Hello")
            assert emulator.unused == 3
            assert (await client.chat.create("The capital?")).text == "Paris"
            fallen = await client.chat.create("Hello", model="a/b", models=["openai/gpt-4.1-nano"])
            assert fallen.text == "A title"
            with pytest.raises(errors.Overloaded):
                await client.chat.create("Fail")
        assert emulator.unused == 0


async def test_two_calls_in_the_background_each_get_their_own_reply() -> None:
    with Emulator(strict=True) as emulator:
        for number in range(20):
            emulator.reply(f"to {number}", when=lambda request, number=number: request.prompt == str(number))  # type: ignore[misc]  # bound now
        async with client_of(emulator) as client, anyio.create_task_group() as tasks:
            texts: dict[int, str] = {}

            async def ask(number: int) -> None:
                texts[number] = (await client.chat.create(str(number))).text

            for number in reversed(range(20)):
                tasks.start_soon(ask, number)
        assert texts == {number: f"to {number}" for number in range(20)}


async def test_what_a_condition_raises_is_raised_where_the_emulator_ends() -> None:
    with pytest.raises(ZeroDivisionError), Emulator() as emulator:  # noqa: PT012 - it is raised at the end
        emulator.reply("never", when=lambda request: bool(1 / 0))
        async with client_of(emulator) as client:
            with pytest.raises(errors.ServerError):
                await client.chat.create("Hello")


async def test_a_function_of_the_request_chooses_where_nothing_is_scripted() -> None:
    def choose(request: ReceivedRequest) -> Reply | Failure | Answer | str | None:
        match request.prompt:
            case "text":
                return f"you said {request.prompt} to {request.model}"
            case "failure":
                return Failure(status=404, message="gone")
            case "literal":
                return Answer(body={"choices": [{"message": {"content": "by hand"}}]})
            case _:
                return None

    with Emulator() as emulator:
        emulator.reply_with(choose)
        async with client_of(emulator) as client:
            assert (await client.chat.create("text")).text == f"you said text to {MODEL}"
            with pytest.raises(errors.NotFound, match="gone"):
                await client.chat.create("failure")
            assert (await client.chat.create("literal")).text == "by hand"
            assert (await client.chat.create("anything")).text
        assert [request.origin for request in emulator.requests] == ["function"] * 3 + ["generated"]


async def test_what_a_function_raises_is_raised_where_the_emulator_ends() -> None:
    def fail(request: ReceivedRequest) -> str:
        raise LookupError(request.prompt)

    with pytest.raises(LookupError, match="Hello"), Emulator() as emulator:  # noqa: PT012 - it is raised at the end
        emulator.reply_with(fail)
        async with client_of(emulator) as client:
            with pytest.raises(errors.ServerError):
                await client.chat.create("Hello")


async def test_a_strict_emulator_answers_only_what_is_scripted() -> None:
    with Emulator(strict=True) as emulator:
        emulator.reply("scripted")
        async with client_of(emulator) as client:
            assert (await client.chat.create("Hello")).text == "scripted"
            with pytest.raises(
                errors.APIStatusError, match="no reply is scripted for this request"
            ) as caught:
                await client.chat.create("Hello")
        assert caught.value.status == 501
        assert len(emulator.requests) == 2


async def test_any_path_can_be_answered_literally() -> None:
    with Emulator() as emulator:
        emulator.answer("/responses", {"id": "resp-1"}, headers={"x-odd": "yes"})
        events = b'data: {"n":1}\n\ndata: {"n":2}\n\ndata: [DONE]\n\n'
        emulator.answer("/responses", events, content_type="text/event-stream")
        emulator.fail(503, path="/models")
        async with client_of(emulator) as client:
            assert await client.request(
                "POST", "/responses", body={"input": "Hi"}, into=dict[str, JsonValue]
            ) == {"id": "resp-1"}
            async with client.stream_request(
                "POST", "/responses", body={"input": "Hi"}, into=dict[str, JsonValue]
            ) as stream:
                assert [event async for event in stream] == [{"n": 1}, {"n": 2}]
            with pytest.raises(errors.Overloaded):
                await client.models.list()
            assert len(await client.models.list()) > 300


@pytest.mark.parametrize(
    ("parts", "chunks"),
    [
        pytest.param(
            ("Good morning, Vietnam",), ["Good", " morning", ",", " Vietnam"], id="cut as models do"
        ),
        pytest.param(("Good mor", "ning"), ["Good mor", "ning"], id="cut by the caller"),
        pytest.param(("日本語のテキスト、です",), ["日本語のテキスト", "、", "です"], id="without spaces"),
    ],
)
async def test_text_is_streamed_in_chunks(parts: tuple[str, ...], chunks: list[str]) -> None:
    with Emulator() as emulator:
        emulator.reply(*parts)
        async with client_of(emulator) as client, client.chat.stream("Hello") as stream:
            assert [text async for text in stream.text()] == chunks


async def test_a_reply_may_hold_everything_a_model_can_say() -> None:
    citation: dict[str, JsonValue] = {"type": "url_citation", "url_citation": {"url": "https://example.com"}}
    with Emulator() as emulator:
        for _ in range(2):
            said = Reply.of(
                "See ",
                "this",
                tool_call("look", '{"at": "th'),
                reasoning="I think so",
                images=["data:image/png;base64,AAAA"],
                annotations=[citation],
                finish_reason="length",
                native_finish_reason="MAX_TOKENS",
                model="openai/other",
                provider="Elsewhere",
                usage={"completion_tokens": 7, "cost": 0.5},
            )
            emulator.script(said)  # `reply(model=...)` says which request it is for
        async with client_of(emulator) as client:
            plain = await client.chat.create("Hello")
            streamed = await client.chat.stream("Hello").final()
    for reply in (plain, streamed):
        assert (reply.text, reply.reasoning) == ("See this", "I think so")
        assert (reply.tool_calls[0].name, reply.tool_calls[0].complete) == ("look", False)
        assert [image.url for image in reply.images] == ["data:image/png;base64,AAAA"]
        assert len(reply.annotations) == 1
        assert (reply.finish_reason, reply.native_finish_reason) == ("length", "MAX_TOKENS")
        assert (reply.model, reply.provider) == ("openai/other", "Elsewhere")
        assert reply.usage.is_reported
        assert (reply.usage.completion_tokens, reply.usage.cost) == (7, Decimal("0.5"))


async def test_a_refusal_is_a_refusal() -> None:
    with Emulator() as emulator:
        emulator.reply(refusal="I cannot help with that", times=2)
        async with client_of(emulator) as client:
            assert (await client.chat.create("Hello")).refusal == "I cannot help with that"
            assert (await client.chat.stream("Hello").final()).refusal == "I cannot help with that"


# money and limits


async def test_credits_and_key_go_down_by_what_is_said_to_be_the_cost() -> None:
    with Emulator(models=[{"id": MODEL, "pricing": {"prompt": "0.001", "completion": "0.01"}}]) as emulator:
        emulator.reply("one two three", times=2)
        async with client_of(emulator) as client:
            plain = await client.chat.create("Hello")
            streamed = await client.chat.stream("Hello").final()
            credits = await client.credits.get()
            key = await client.key.get()
        assert plain.usage.is_reported
        assert streamed.usage.is_reported
        # "Hello" and the frame of a message are 5 tokens; the reply is 3.
        assert (plain.usage.prompt_tokens, plain.usage.completion_tokens) == (5, 3)
        assert plain.usage.cost == streamed.usage.cost == Decimal("0.035")
        assert emulator.spent == Decimal("0.070")
        assert emulator.remaining == credits.remaining == Decimal("9.93")
        assert key.usage == Decimal("0.07")


async def test_an_empty_account_pays_for_nothing() -> None:
    with Emulator(credits="0.00001", models=[MODEL]) as emulator:
        async with client_of(emulator) as client:
            with pytest.raises(errors.InsufficientCredits, match="can only afford 2"):
                await client.chat.create("Hello", max_tokens=1000)
            await client.chat.create("Hello")
            with pytest.raises(errors.InsufficientCredits, match="Insufficient credits"):
                await client.chat.create("Hello")
            emulator.credits = "1.00"
            await client.chat.create("Hello")


async def test_free_models_need_no_credit() -> None:
    prices = {"a/free": ("0", "0"), "a/free-to-ask": ("0", "0.000001"), "a/free-to-answer": ("0.000001", "0")}
    models = [
        {"id": id, "pricing": {"prompt": ask, "completion": answer}} for id, (ask, answer) in prices.items()
    ]
    with Emulator(credits=0, models=models) as emulator:
        async with client_of(emulator) as client:
            await client.chat.create("Hello", model="a/free")
            for model in ("a/free-to-ask", "a/free-to-answer"):
                with pytest.raises(errors.InsufficientCredits):
                    await client.chat.create("Hello", model=model)


async def test_a_key_may_have_a_limit_of_its_own() -> None:
    with Emulator(models=[MODEL]) as emulator:
        key = emulator.add_key(limit="0.00001")
        async with AsyncOpenRouter(key, base_url=emulator.base_url, default_model=MODEL) as client:
            await client.chat.create("Hello")
            with pytest.raises(errors.SpendingLimitExceeded, match="Key limit exceeded"):
                await client.chat.create("Hello")


async def test_requests_beyond_the_rate_are_told_when_to_come_back() -> None:
    with Emulator(rate_limit=RateLimit(2, per_s=30)) as emulator:
        async with client_of(emulator) as client:
            for _ in range(2):
                await client.chat.create("Hello")
            with pytest.raises(errors.RateLimited) as caught:
                await client.chat.create("Hello")
            assert caught.value.retry_after is not None
            assert 0 < caught.value.retry_after <= 30
            headers = post(emulator, {"messages": []}).headers
            assert (headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == ("2", "0")
            assert int(headers["x-ratelimit-reset"]) > time.time() * 1000
        emulator.rate_limit = None
        async with client_of(emulator) as client:  # the other one waits, for all its calls
            await client.chat.create("Hello")


async def test_a_stream_that_is_left_is_billed_for_what_was_sent() -> None:
    with Emulator(models=[{"id": MODEL, "pricing": {"prompt": "0", "completion": "0.01"}}]) as emulator:
        emulator.reply("one", " two", " three", fault=Fault.stall(after=3))
        async with client_of(emulator) as client, client.chat.stream("Hello") as stream:
            texts = stream.text()
            assert [await anext(texts), await anext(texts)] == ["one", " two"]
        request = emulator.requests[0]
        assert await anyio.to_thread.run_sync(request.wait_until_over)
        assert request.disconnected_at is not None
        assert not request.finished
        assert emulator.spent == Decimal("0.02")


async def test_a_generation_is_there_at_the_second_look() -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            reply = await client.chat.create("Hello")
        assert reply.id is not None
        assert emulator.requests[0].generation_id == reply.id
        answers = [get(emulator, f"/generation?id={reply.id}") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [404, 200]
        data = answers[1].json()["data"]
        assert reply.usage.is_reported
        assert (data["id"], Decimal(str(data["total_cost"]))) == (reply.id, reply.usage.cost)


# what it remembers


async def test_a_request_is_remembered_as_it_came() -> None:
    with Emulator() as emulator:
        emulator.reply("one ", "two")
        async with client_of(emulator) as client:
            await client.chat.stream("Hello", temperature=0.5).final()
        request = emulator.requests[0]
        assert (request.method, request.path, request.model) == ("POST", "/chat/completions", MODEL)
        assert request.messages == [{"role": "user", "content": "Hello"}]
        assert request.json["temperature"] == 0.5
        assert request.is_stream
        assert (request.status, request.finished, request.disconnected_at) == (200, True, None)
        assert request.events_sent == 6  # role, two pieces, finish, usage, [DONE]
        assert "authorization" not in request.headers


async def test_reset_begins_again() -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            first = await client.chat.create("Hello")
            key = emulator.add_key()
            emulator.reply("never asked for")
            emulator.reply_with(lambda _: "nor this")
            emulator.reset()
            assert (emulator.requests, emulator.unused, emulator.spent) == ([], 0, 0)
            again = await client.chat.create("Hello")
            assert again.text == first.text
        assert get(emulator, "/key", key).status_code == 401


async def test_many_at_once_are_served_and_told_apart() -> None:
    with Emulator() as emulator:
        emulator.reply_with(lambda request: f"answer to {request.prompt}")
        answers: dict[int, str] = {}
        async with client_of(emulator) as client:

            async def ask(number: int) -> None:
                answers[number] = (await client.chat.create(f"question {number}")).text

            async with anyio.create_task_group() as group:
                for number in range(100):
                    group.start_soon(ask, number)
        assert answers == {number: f"answer to question {number}" for number in range(100)}
        assert len(emulator.requests) == 100


def test_its_repr_holds_no_key() -> None:
    with Emulator() as emulator:
        assert emulator.key not in repr(emulator)
        assert json.dumps(repr(emulator))


@pytest.mark.loopback
async def test_a_scripted_reply_answers_a_text_completion_as_well() -> None:
    async with Emulator() as emulator, client_of(emulator) as client:
        emulator.reply("Paris")
        emulator.fail(429)
        reply = await client.completions.create("The capital of France is", model=MODEL)
        assert reply.text == "Paris"
        assert emulator.requests[0].origin == "scripted"
        with pytest.raises(errors.RateLimited):
            await client.completions.create("The capital of Italy is", model=MODEL)
        emulator.script(Reply.of("Rome"), path="/completions")
        assert (await client.completions.create("The capital of Italy is", model=MODEL)).text == "Rome"


@pytest.mark.loopback
def test_chunks_leave_out_a_fingerprint_that_is_not_known() -> None:
    """The service's shape of chunks has no null there, and strict clients refuse one."""
    with Emulator() as emulator:
        answer = post(
            emulator, {"model": MODEL, "messages": [{"role": "user", "content": "x"}], "stream": True}
        )
    assert "system_fingerprint" not in answer.text


@pytest.mark.loopback
def test_the_key_answers_to_its_older_name() -> None:
    with Emulator() as emulator:
        assert get(emulator, "/auth/key").json() == get(emulator, "/key").json()
        assert get(emulator, "/auth/key", "sk-wrong").status_code == 401
