"""Streams that break off and go on in another request, over sockets."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from openrouter_async import (
    APIStatusError,
    AsyncOpenRouter,
    ChatCompletion,
    ConfigurationError,
    DeadlineExceeded,
    OpenRouterError,
    Overloaded,
    Recover,
    RequestTimeout,
    Retries,
    StreamInterrupted,
    StreamTruncated,
    TextDelta,
    Timeouts,
    assistant,
    response_meta,
    user,
)
from openrouter_async.testing import Emulator, Fault, Reply, tool_call
from tests.support.emulated import MODEL

pytestmark = pytest.mark.loopback

QUICK = {"retries": Retries(base=0.001, cap=0.001)}
FOX = ("The quick", " brown fox", " jumps over", " the lazy", " dog.")
TEXT = "".join(FOX)
AFTER_TWO = 3
"""A place behind the chunk with the role, and two of text."""


def client_of(emulator: Emulator, **options: Any) -> AsyncOpenRouter:
    return AsyncOpenRouter(
        emulator.key, base_url=emulator.base_url, default_model=MODEL, **{**QUICK, **options}
    )


async def read(
    emulator: Emulator,
    *,
    recover: bool | Recover = True,
    messages: Any = "Tell a story.",
    options: Mapping[str, Any] | None = None,
    **params: Any,
) -> tuple[str, ChatCompletion | None, OpenRouterError | None]:
    """Return the text that a stream gave out, and the reply or the error that it ended in."""
    pieces: list[str] = []
    async with client_of(emulator, **(options or {})) as client:
        try:
            async with client.chat.stream(messages, recover=recover, **params) as stream:
                async for text in stream.text():
                    pieces.append(text)  # noqa: PERF401  # those before an error are wanted
                return "".join(pieces), await stream.final(), None
        except OpenRouterError as error:
            return "".join(pieces), None, error


def sent(emulator: Emulator) -> list[Any]:
    """Return the messages of each request."""
    return [request.json["messages"] for request in emulator.requests]


# What is gone on from


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault.truncate(after=AFTER_TWO), id="ended too early"),
        pytest.param(Fault.reset(after=AFTER_TWO), id="reset"),
        pytest.param(Fault.disconnect(after=AFTER_TWO), id="closed"),
        pytest.param(Fault.bad_framing(after=AFTER_TWO), id="no HTTP any more"),
        pytest.param(Fault.error_event(502, after=AFTER_TWO), id="an error that may pass"),
        pytest.param(Fault.error_event(429, error_type=None, after=AFTER_TWO, done=True), id="rate limit"),
        pytest.param(Fault.stall(after=AFTER_TWO), id="silence"),
    ],
)
async def test_the_text_goes_on_where_it_broke_off(emulator: Emulator, fault: Fault) -> None:
    emulator.reply(*FOX, fault=fault, provider="One")
    emulator.reply(" fox jumps over the lazy dog.", provider="Two")
    text, reply, error = await read(emulator, options={"timeouts": Timeouts(idle=0.5)})
    assert error is None
    assert reply is not None
    assert text == reply.text == TEXT
    assert sent(emulator)[1] == [*sent(emulator)[0], {"role": "assistant", "content": "The quick brown"}]
    assert (reply.provider, reply.finish_reason) == ("Two", "stop")
    (recovery,) = reply.recoveries
    assert recovery.at == len("The quick brown")
    assert (recovery.broken.provider, recovery.broken.text) == ("One", "The quick brown fox")
    assert isinstance(recovery.error, StreamInterrupted | APIStatusError | RequestTimeout)
    assert recovery.generation_id == emulator.requests[0].generation_id
    assert response_meta(reply).attempts == 2


@pytest.mark.parametrize(
    "continuation",
    [
        pytest.param(" brown fox jumps over the lazy dog.", id="goes on at once"),
        pytest.param("brown fox jumps over the lazy dog.", id="without the space"),
        pytest.param("quick brown fox jumps over the lazy dog.", id="says the last word again"),
        pytest.param(TEXT, id="says all of it again"),
    ],
)
async def test_no_word_is_doubled_or_lost(emulator: Emulator, continuation: str) -> None:
    emulator.reply("The quick", " bro", "wn", fault=Fault.truncate(after=AFTER_TWO))
    emulator.reply(continuation)
    text, reply, error = await read(emulator)
    assert error is None
    assert reply is not None
    assert text == reply.text == TEXT


async def test_both_parts_cost_and_the_reply_says_what(emulator: Emulator) -> None:
    usage = {"cost": 0.25}
    emulator.reply("The quick", " brown", fault=Fault.truncate(after=AFTER_TWO))
    emulator.reply(" brown fox.", usage=usage)
    async with client_of(emulator) as client:
        async with client.chat.stream("Hi", recover=True) as stream:
            reply = await stream.final()
        assert reply.usage.is_reported
        assert reply.usage.cost == Decimal("0.25")
        assert reply.billed == (None, reply.usage)
        assert reply.total_cost is None  # the first broke off before the service had said what it cost
        (recovery,) = reply.recoveries
        assert recovery.cost is None
        record = await client.generations.get(recovery.generation_id or "", wait=True)
        assert record.total_cost is not None
        assert record.total_cost > 0


async def test_a_tracked_block_counts_both_parts(emulator: Emulator) -> None:
    emulator.reply("The quick", " brown", fault=Fault.truncate(after=AFTER_TWO))
    emulator.reply(" brown fox.")
    async with client_of(emulator) as client:
        async with client.track() as spend, client.chat.stream("Hi", recover=True) as stream:
            await stream.final()
        assert spend.calls == 2
        assert spend.unsettled == ()
        assert spend.cost > 0


async def test_it_goes_on_with_the_models_and_providers_that_are_named(emulator: Emulator) -> None:
    emulator.reply("The quick", " brown", fault=Fault.truncate(after=AFTER_TWO))
    emulator.reply(" brown fox.")
    recover = Recover(
        models=["anthropic/claude-haiku-4.5", "openai/gpt-4o-mini"], provider={"ignore": ["broken"]}
    )
    _, reply, error = await read(
        emulator, recover=recover, models=["openai/gpt-4o"], provider={"order": ["broken"]}, temperature=0.3
    )
    assert error is None
    assert reply is not None
    first, second = (request.json for request in emulator.requests)
    assert (first["model"], first["models"], first["provider"]) == (
        MODEL,
        ["openai/gpt-4o"],
        {"order": ["broken"]},
    )
    assert second["model"] == "anthropic/claude-haiku-4.5"
    assert second["models"] == ["openai/gpt-4o-mini"]
    assert second["provider"] == {"ignore": ["broken"]}
    assert second["temperature"] == 0.3


async def test_an_answer_that_the_caller_began_stays_one_message(emulator: Emulator) -> None:
    emulator.reply(" The quick", " brown", fault=Fault.truncate(after=AFTER_TWO))
    emulator.reply(" brown fox.")
    text, _, error = await read(emulator, messages=[user("Tell a story."), assistant("Well:")])
    assert error is None
    assert text == " The quick brown fox."
    assert sent(emulator)[1][1:] == [{"role": "assistant", "content": "Well: The quick"}]


async def test_what_was_not_given_out_is_asked_for_anew(emulator: Emulator) -> None:
    """One word has come, which was held: nothing is to be gone on from, and nothing is doubled."""
    emulator.reply("Fox", "y", fault=Fault.truncate(after=2))
    emulator.reply("A dog.")
    text, reply, error = await read(emulator)
    assert error is None
    assert reply is not None
    assert text == reply.text == "A dog."
    assert sent(emulator)[0] == sent(emulator)[1]
    assert [recovery.at for recovery in reply.recoveries] == [0]


async def test_it_may_break_off_again(emulator: Emulator) -> None:
    emulator.reply("The quick", " brown", fault=Fault.truncate(after=AFTER_TWO))
    emulator.reply(" brown", " fox", " jumps", fault=Fault.reset(after=AFTER_TWO))
    emulator.reply(" fox jumps over the lazy dog.")
    text, reply, error = await read(emulator, recover=Recover(attempts=2))
    assert error is None
    assert reply is not None
    assert text == reply.text == TEXT
    assert [recovery.at for recovery in reply.recoveries] == [len("The quick"), len("The quick brown")]
    assert [recovery.broken.text for recovery in reply.recoveries] == ["The quick brown", " brown fox"]


async def test_a_request_that_goes_on_is_retried_before_its_first_piece(emulator: Emulator) -> None:
    emulator.reply("The quick", " brown", fault=Fault.truncate(after=AFTER_TWO))
    emulator.fail(503)
    emulator.fail(502)
    emulator.reply(" brown fox.")
    text, reply, error = await read(emulator)
    assert error is None
    assert reply is not None
    assert text == reply.text == "The quick brown fox."
    assert response_meta(reply).attempts == 4


async def test_an_answer_that_does_not_break_off_is_the_same(emulator: Emulator) -> None:
    emulator.reply(*FOX)
    emulator.reply(*FOX)
    text, reply, error = await read(emulator)
    _, plain, _ = await read(emulator, recover=False)
    assert error is None
    assert reply is not None
    assert plain is not None
    assert text == reply.text == plain.text == TEXT
    assert reply.recoveries == ()
    assert reply.total_cost == plain.total_cost


async def test_events_come_in_their_order(emulator: Emulator) -> None:
    emulator.reply(*FOX, fault=Fault.truncate(after=AFTER_TWO))
    emulator.reply(" fox jumps over the lazy dog.")
    async with client_of(emulator) as client, client.chat.stream("Hi", recover=True) as stream:
        events = [event async for event in stream]
        assert stream.snapshot().text == TEXT
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == TEXT
    assert [type(event).__name__ for event in events[-2:]] == ["UsageReported", "Finished"]


# What is not


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        pytest.param(Fault.error_event(401, error_type=None, after=AFTER_TWO), APIStatusError, id="401"),
        pytest.param(Fault.error_event(402, error_type=None, after=AFTER_TWO), APIStatusError, id="402"),
        pytest.param(Fault.garbage(after=AFTER_TWO), OpenRouterError, id="no chunk"),
    ],
)
async def test_failures_that_another_request_would_meet_too_are_raised(
    emulator: Emulator, fault: Fault, kind: type[OpenRouterError]
) -> None:
    emulator.reply(*FOX, fault=fault)
    text, _, error = await read(emulator)
    assert isinstance(error, kind)
    assert text == "The quick brown fox"  # the word that was held as well
    assert len(emulator.requests) == 1


async def test_the_total_time_holds_for_all_requests(emulator: Emulator) -> None:
    emulator.reply("The quick", " brown", fault=Fault.truncate(after=AFTER_TWO))
    emulator.reply(" brown", " fox", fault=Fault.stall(after=2))
    text, _, error = await read(emulator, options={"timeouts": Timeouts(total=1.0)})
    assert isinstance(error, DeadlineExceeded)
    assert error.partial is not None
    assert text == error.partial.text == "The quick brown"


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        pytest.param(
            Reply.of("Look:", " here", tool_call("f"), fault=Fault.truncate(after=5)),
            "calls of tools",
            id="tools",
        ),
        pytest.param(
            Reply.of("a", reasoning="Let me think about it", fault=Fault.truncate(after=3)),
            "reasoning",
            id="reasoning",
        ),
        pytest.param(
            Reply.of("a b", images=["data:image/png;base64,AA=="], fault=Fault.truncate(after=4)),
            "images",
            id="images",
        ),
    ],
)
async def test_answers_that_hold_more_than_text_are_not_gone_on_from(
    emulator: Emulator, reply: Reply, why: str
) -> None:
    emulator.script(reply)
    _, _, error = await read(emulator)
    assert isinstance(error, StreamTruncated)
    assert "cannot resume there: " in str(error)
    assert why in str(error)
    assert len(emulator.requests) == 1
    assert error.partial is not None
    assert error.may_have_been_billed is True


async def test_an_answer_that_begins_anew_in_other_words_is_an_error_not_a_text(emulator: Emulator) -> None:
    emulator.reply("The quick", " brown", fault=Fault.truncate(after=AFTER_TWO))
    emulator.reply("The slow brown dog sleeps.", usage={"cost": 0.5})
    text, _, error = await read(emulator)
    assert isinstance(error, StreamTruncated)
    assert "begins the text anew" in str(error)
    assert error.partial is not None
    assert text == error.partial.text == "The quick brown"
    assert [recovery.at for recovery in error.partial.recoveries] == [len("The quick")]
    assert len(error.partial.billed) == 2


async def test_a_refused_continuation_leaves_the_first_error_and_all_that_had_come(
    emulator: Emulator,
) -> None:
    emulator.reply("The quick", " brown", fault=Fault.truncate(after=AFTER_TWO))
    emulator.fail(400, "This model does not support assistant message prefill")
    text, _, error = await read(emulator)
    assert isinstance(error, StreamTruncated)
    assert "prefill" in str(error)
    assert error.partial is not None
    assert text == error.partial.text == "The quick brown"
    assert error.partial.recoveries[0].error is error
    assert error.attempts == 2


async def test_no_more_requests_are_made_than_allowed(emulator: Emulator) -> None:
    for _ in range(3):
        emulator.reply("The quick", " brown", fault=Fault.error_event(503, error_type=None, after=AFTER_TWO))
    text, _, error = await read(emulator)
    emulator.reset()
    assert isinstance(error, Overloaded)
    assert "no further request is allowed" in str(error)
    assert text == "The quick brown"


async def test_chunks_are_those_of_one_request(emulator: Emulator) -> None:
    emulator.reply("The quick", " brown", fault=Fault.truncate(after=AFTER_TWO))
    async with client_of(emulator) as client, client.chat.stream("Hi", recover=True) as stream:
        with pytest.raises(StreamTruncated):
            [chunk async for chunk in stream.chunks()]
    assert len(emulator.requests) == 1


async def test_without_being_asked_for_nothing_is_gone_on_from(emulator: Emulator) -> None:
    emulator.reply("The quick", " brown", fault=Fault.truncate(after=AFTER_TWO))
    text, _, error = await read(emulator, recover=False)
    assert isinstance(error, StreamTruncated)
    assert text == "The quick brown"
    assert len(emulator.requests) == 1


async def test_leaving_while_it_goes_on_closes_the_connection(emulator: Emulator) -> None:
    emulator.reply("The quick", " brown", fault=Fault.truncate(after=AFTER_TWO))
    emulator.reply(" brown", " fox", " jumps", fault=Fault.stall(after=3))
    async with client_of(emulator) as client, client.chat.stream("Hi", recover=True) as stream:
        async for event in stream:
            if isinstance(event, TextDelta) and "brown" in event.text:
                break
    assert emulator.requests[1].wait_until_over()
    assert emulator.requests[1].disconnected_at is not None


# What is refused before anything is sent


@pytest.mark.parametrize(
    ("params", "message"),
    [
        pytest.param({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools", id="tools"),
        pytest.param({"response_format": {"type": "json_object"}}, "response_format", id="a form"),
        pytest.param({"modalities": ["text", "image"]}, "modalities", id="images"),
        pytest.param({"logprobs": True}, "logprobs", id="log probabilities"),
        pytest.param({"extra_body": {"n": 2}}, "may bring others", id="several answers"),
        pytest.param({"plugins": [{"id": "web"}]}, "plugins of id 'web'", id="citations"),
        pytest.param(
            {"extra_body": {"messages": []}}, "extra_body has 'messages'", id="messages of one's own"
        ),
        pytest.param({"output": int}, "output asks for a value", id="a value"),
        pytest.param({"recover": 2}, "recover is 2", id="a number"),
        pytest.param({"recover": Recover(provider={"orde": []})}, "orde", id="a wrong preference"),  # type: ignore[typeddict-unknown-key]
    ],
)
async def test_requests_for_more_than_text_are_refused(params: dict[str, Any], message: str) -> None:
    async with AsyncOpenRouter("sk-or-v1-x", base_url="http://127.0.0.1:9", default_model=MODEL) as client:
        with pytest.raises(ConfigurationError, match=message):
            client.chat.stream("Hi", **{"recover": True, **params})


@pytest.mark.parametrize(
    ("fields", "message"),
    [({"attempts": 0}, "Recover.attempts is 0"), ({"models": "a/b"}, "Recover.models is 'a/b'")],
)
def test_settings_are_checked(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Recover(**fields)
