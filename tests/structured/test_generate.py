"""Asking for a value: which path, what is sent, asking again, changing the path, and where it ends."""

from __future__ import annotations

import gc
import pickle
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from openrouter_async._sansio.chat_body import ChatCall
from openrouter_async.errors import (
    APIStatusError,
    Availability,
    BadRequest,
    ConfigurationError,
    ContextLengthExceeded,
    NotFound,
    RateLimited,
    Refused,
    ReplyNotParsed,
    ReplyTruncated,
    SchemaMismatch,
)
from openrouter_async.structured.completion import StructuredCompletion
from openrouter_async.structured.modes import MOST_ABLE, SchemaModels
from openrouter_async.structured.output import Example, Output
from openrouter_async.types.chat.messages import MessagesLike, system, user, wire_messages
from openrouter_async.types.chat.short_names import MODELS
from tests.structured.fakes import NATIVE, PROMPTED, FakeCatalogue, FakeChat, FakeModel, reply, structured


class City(BaseModel):
    name: str
    size: int = 1


OSLO = '{"name": "Oslo", "size": null}'
BAD = '{"title": "Oslo"}'


async def ask(
    chat: FakeChat,
    wanted: object = City,
    model: str | None = NATIVE,
    messages: MessagesLike = "A city.",
    params: dict[str, object] | None = None,
    **settings: object,
) -> StructuredCompletion[Any]:
    return await structured(chat, wanted, **settings).create(ChatCall(messages, model, params or {}))


def roles(body: dict[str, Any]) -> list[str]:
    return [message["role"] for message in body["messages"]]


class Abilities:
    """A list of models, of which each follows schemas or none does."""

    def __init__(self, *, follows: bool) -> None:
        self.follows = follows
        self.asked = 0

    def __iter__(self) -> Iterator[FakeModel]:
        return iter(())

    def supports(self, model: str, capability: str) -> bool:
        self.asked += 1
        return self.follows


class TestThePath:
    async def test_a_model_that_follows_schemas_gets_one(self) -> None:
        chat = FakeChat(OSLO)
        got = await ask(chat)
        assert got.output == City(name="Oslo")
        assert (got.path, got.path_reason) == ("native", f"'{NATIVE}' follows schemas, says the model list")
        (body,) = chat.asked
        assert body["provider"] == {"require_parameters": True}
        assert body["messages"] == [{"role": "user", "content": "A city."}]
        sent: Any = body["response_format"]
        assert (sent["type"], sent["json_schema"]["name"], sent["json_schema"]["strict"]) == (
            "json_schema",
            "City",
            True,
        )
        assert sent["json_schema"]["schema"]["required"] == ["name", "size"]

    async def test_any_other_is_asked_in_words(self) -> None:
        chat = FakeChat('{"name": "Oslo"}')
        got = await ask(chat, model=PROMPTED)
        assert got.output == City(name="Oslo")
        assert (got.path, got.path_reason) == (
            "prompted",
            f"'{PROMPTED}' does not follow schemas, says the model list",
        )
        (body,) = chat.asked
        assert body.keys() == {"model", "messages"}
        assert roles(body) == ["system", "user"]

    @pytest.mark.parametrize(
        ("model", "params", "reason"),
        [
            (None, {}, "no model is named, so the account's default answers"),
            ("maker/new", {}, "the model list does not know 'maker/new'"),
            (
                NATIVE,
                {"models": [NATIVE, PROMPTED]},
                f"'{PROMPTED}' does not follow schemas, says the model list",
            ),
        ],
        ids=["no model", "unknown model", "a fallback that does not"],
    )
    async def test_in_doubt_words_are_used(
        self, model: str | None, params: dict[str, object], reason: str
    ) -> None:
        got = await ask(FakeChat(OSLO.replace("null", "2")), model=model, params=params)
        assert (got.path, got.path_reason) == ("prompted", reason)

    async def test_what_was_asked_for_is_done_without_the_model_list(self) -> None:
        for path in ("native", "prompted"):
            asking = structured(FakeChat(OSLO.replace("null", "2")), City, path=path)
            got = await asking.create(ChatCall("A city.", "maker/new"))
            assert (got.path, got.path_reason) == (path, "it was asked for")
            assert asking.models._catalogue.loaded == 0  # type: ignore[union-attr]  # a fake

    async def test_a_schema_without_strict_form_is_asked_for_in_words(self) -> None:
        wanted = {"type": "object", "properties": {"name": {"type": "string"}}, "if": {}, "then": {}}
        got = await ask(FakeChat('{"name": "Oslo"}'), wanted)
        assert got.path == "prompted"
        assert got.path_reason == "the schema has no strict form: 'if' has no strict form, at #"

    async def test_such_a_schema_cannot_be_had_natively(self) -> None:
        wanted = {"type": "object", "properties": {"a": {"not": {}, "then": {}}}}
        with pytest.raises(ConfigurationError, match="at #/properties/a; use path='prompted'"):
            await ask(FakeChat(), wanted, path="native")

    async def test_a_schema_that_is_narrowed_says_so(self) -> None:
        got = await ask(
            FakeChat('{"a": 1}'),
            {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
        )
        assert got.path_reason.endswith("its strict form accepts fewer values than the schema")

    async def test_an_application_may_know_better(self) -> None:
        asking = structured(FakeChat('{"name": "Oslo"}', OSLO), City)
        natives = asking.models
        natives.remove(NATIVE)
        natives.add("maker/new")
        assert await natives.list() == ["maker/new"]
        first = await asking.create(ChatCall("A city.", NATIVE))
        second = await asking.create(ChatCall("A city.", "maker/new"))
        assert (first.path, second.path) == ("prompted", "native")
        natives.reset()
        assert await natives.list() == [NATIVE]

    async def test_a_newer_list_is_believed(self) -> None:
        """What a list says of a model is kept, as long as the list is the same."""
        lists = [Abilities(follows=True), Abilities(follows=True), Abilities(follows=False)]
        latest = lists[0]

        async def catalogue() -> Abilities:
            return latest

        models = SchemaModels(catalogue)
        assert [await models.supports("a/b") for _ in range(3)] == [True] * 3
        assert latest.asked == 1
        latest = lists[1]
        assert await models.supports("a/b") is True
        latest = lists[2]
        assert await models.supports("a/b") is False

    async def test_names_that_callers_make_up_are_not_kept_for_ever(self) -> None:
        abilities = Abilities(follows=True)

        async def catalogue() -> Abilities:
            return abilities

        models = SchemaModels(catalogue)
        for number in range(3 * MOST_ABLE):
            assert await models.supports(f"a/{number}") is True
        assert len(models._able) <= MOST_ABLE


class TestTheRequest:
    async def test_the_callers_parameters_are_kept(self) -> None:
        chat = FakeChat(OSLO)
        await ask(
            chat,
            params={
                "temperature": 0,
                "provider": {"sort": "price", "require_parameters": False},
                "plugins": [{"id": "web"}],
            },
            healing=True,
            name="town",
        )
        (body,) = chat.asked
        assert body["temperature"] == 0
        assert body["provider"] == {"sort": "price", "require_parameters": False}
        assert body["plugins"] == [{"id": "web"}, {"id": "response-healing"}]
        assert body["response_format"]["json_schema"]["name"] == "town"  # type: ignore[index]

    @pytest.mark.parametrize(
        "content",
        ["Be terse.", [{"type": "text", "text": "Be terse.", "cache_control": {"type": "ephemeral"}}]],
    )
    async def test_the_callers_system_prompt_stays_first_and_ours_follows_in_the_same_message(
        self, content: Any
    ) -> None:
        chat = FakeChat(OSLO.replace("null", "2"))
        instructions: Any = {"role": "developer", "content": content}
        await ask(chat, model=PROMPTED, messages=[instructions, user("A city."), user("In Norway.")])
        (body,) = chat.asked
        assert roles(body) == ["developer", "user", "user"]
        sent = body["messages"][0]["content"]  # type: ignore[index]
        if isinstance(content, str):
            assert sent.startswith("Be terse.\n\nAnswer with one JSON value")
        else:
            assert sent[0] == content[0]
            assert "Answer with one JSON value" in sent[1]["text"]
        assert instructions == {"role": "developer", "content": content}

    @pytest.mark.parametrize("messages", ["A city.", [system("Be terse."), user("A city.")]])
    async def test_examples_reach_the_model_on_the_native_path_in_its_form(
        self, messages: MessagesLike
    ) -> None:
        chat = FakeChat('{"value": [{"key": "a", "value": 1}]}')
        examples = [Example({"b": 2}, input="B"), {"c": 3}]
        reply = await ask(chat, dict[str, int], messages=messages, examples=examples)
        assert (reply.path, reply.output) == ("native", {"a": 1})
        (body,) = chat.asked
        assert roles(body) == ["system", "user"]
        sent = body["messages"][0]["content"]  # type: ignore[index]
        assert 'Example 1, for the input: B\n{"value": [{"key": "b", "value": 2}]}' in sent
        assert 'Example 2:\n{"value": [{"key": "c", "value": 3}]}' in sent
        assert sent.startswith("Be terse.") is not isinstance(messages, str)

    async def test_an_example_that_does_not_fit_is_refused_on_either_path(self) -> None:
        for model in (NATIVE, PROMPTED):
            with pytest.raises(ConfigurationError, match=r"examples\[0\] does not fit"):
                await ask(FakeChat(), City, model=model, examples=[{"name": 3}])

    @pytest.mark.parametrize(
        "example", [float("nan"), object(), {"a": [float("inf")]}, Example({1, object()})]
    )  # type: ignore[arg-type]  # what is refused
    def test_an_example_that_is_no_json_is_refused_at_once(self, example: Any) -> None:
        with pytest.raises(ConfigurationError, match=r"examples\[0\] is .*not JSON"):
            Output(City, examples=[example])

    def test_an_instance_is_an_example(self) -> None:
        assert Output(City, examples=[City(name="Oslo")]).examples

    @pytest.mark.parametrize(
        ("said", "asked", "is_native"),
        [
            ("maker/does-not", "maker/does-not:nitro", True),
            ("maker/does-not", "maker/does-not@preset/mine", True),
            ("maker/does-not:free", "maker/does-not", False),
            ("openai/gpt-5", "openai/gpt-5:online", True),
        ],
    )
    async def test_what_is_said_of_a_model_holds_for_its_variants(
        self, said: str, asked: str, is_native: bool
    ) -> None:
        natives = SchemaModels(FakeCatalogue())  # type: ignore[arg-type]  # what is needed of one
        natives.add(said)
        assert bool(await natives.supports(asked)) is is_native
        natives.remove(said)
        assert not await natives.supports(asked)

    async def test_what_is_said_of_a_short_name_holds_for_its_model(self) -> None:
        short, model = next(iter(MODELS.items()))
        natives = SchemaModels()
        natives.add(short)
        assert await natives.supports(model)
        assert await natives.supports(f"{model}:floor")
        assert await natives.list() == [model]
        with pytest.raises(ConfigurationError, match="expected one such as"):
            natives.add("")

    async def test_a_second_form_for_the_reply_is_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="both output and response_format"):
            await ask(FakeChat(), params={"response_format": {"type": "json_object"}})

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"path": "fast"}, "Output.path is 'fast'"),
            ({"attempts": 0}, "Output.attempts is 0"),
            ({"name": "a b"}, "Output.name is 'a b'"),
            ({"max_cost": "-1"}, "Output.max_cost is '-1'"),
            ({"max_cost": "much"}, "Output.max_cost is 'much'"),
            ({"tries": 3}, "Output has no setting 'tries'"),
        ],
    )
    def test_a_wrong_setting_is_told(self, settings: dict[str, object], message: str) -> None:
        with pytest.raises(ConfigurationError, match=message):
            structured(FakeChat(), City, **settings)


class TestAskingAgain:
    async def test_the_model_is_shown_its_reply_and_what_is_wrong(self) -> None:
        chat = FakeChat(BAD, '{"name": "Oslo"}')
        got = await ask(chat, model=PROMPTED)
        assert got.output == City(name="Oslo")
        first, second = chat.asked
        *same, shown, told = second["messages"]  # type: ignore[misc]  # a list
        assert same == first["messages"]
        assert shown == {"role": "assistant", "content": BAD}
        assert told["role"] == "user"
        assert "- name: is missing" in told["content"]

    async def test_a_reply_without_text_is_not_shown(self) -> None:
        chat = FakeChat(reply("", 0.01), '{"name": "Oslo"}')
        await ask(chat, model=PROMPTED)
        assert roles(chat.asked[1]) == ["system", "user", "user"]

    async def test_the_result_can_be_pickled_and_sent_back(self) -> None:
        got = await ask(FakeChat(BAD, OSLO))
        again = pickle.loads(pickle.dumps(got))
        assert (again.output, again.path, len(again.attempts)) == (got.output, "native", 2)
        assert wire_messages([user("hi"), again])[1] == {"role": "assistant", "content": OSLO}

    async def test_all_attempts_and_their_cost_are_on_the_result(self) -> None:
        got = await ask(FakeChat(reply(BAD, 0.01), reply(OSLO, 0.02)))
        assert [(attempt.path, type(attempt.error)) for attempt in got.attempts] == [
            ("native", SchemaMismatch),
            ("native", type(None)),
        ]
        assert got.attempts[0].error is not None
        assert got.attempts[0].error.__traceback__ is None, "it would keep every frame of the call"
        assert got.total_cost == got.cost == Decimal("0.03")
        assert got.usage.is_reported
        assert got.usage.cost == Decimal("0.03")  # one figure for one thing; each attempt has its own
        assert [attempt.cost for attempt in got.attempts] == [Decimal("0.01"), Decimal("0.02")]
        assert [usage and usage.cost for usage in got.billed] == [Decimal("0.01"), Decimal("0.02")]

    async def test_an_error_has_what_all_attempts_used(self) -> None:
        with pytest.raises(SchemaMismatch) as caught:
            await ask(FakeChat(reply(BAD, 0.01), reply(BAD, 0.02)), model=PROMPTED)
        assert [usage and usage.cost for usage in caught.value.billed] == [Decimal("0.01"), Decimal("0.02")]
        assert caught.value.completion is not None
        assert caught.value.completion.cost == Decimal("0.03")

    async def test_a_cost_that_is_not_known_is_none(self) -> None:
        assert (await ask(FakeChat(reply(BAD, None), OSLO))).total_cost is None

    async def test_one_attempt_is_one_request(self) -> None:
        chat = FakeChat(BAD)
        with pytest.raises(SchemaMismatch) as caught:
            await ask(chat, model=PROMPTED, attempts=1)
        error = caught.value
        assert (error.raw, error.attempts, error.may_have_been_billed) == (BAD, 1, True)
        assert error.violations == ("name: is missing",)

    async def test_more_attempts_can_be_had(self) -> None:
        chat = FakeChat(BAD, BAD, BAD, OSLO.replace("null", "2"))
        assert len((await ask(chat, model=PROMPTED, attempts=4)).attempts) == 4

    @pytest.mark.parametrize(
        ("limit", "cost", "requests"),
        [("0.02", 0.01, 2), ("0.0199", 0.01, 1), ("0", 0.0, 2), ("1", None, 1)],
        ids=["just enough", "too little", "free", "unknown cost"],
    )
    async def test_the_limit_of_cost_is_kept(self, limit: str, cost: float | None, requests: int) -> None:
        chat = FakeChat(*[reply(BAD, cost)] * 4)
        with pytest.raises(SchemaMismatch):
            await ask(chat, model=PROMPTED, max_cost=limit)
        assert len(chat.asked) == requests

    async def test_a_refusal_is_not_asked_again(self) -> None:
        chat = FakeChat(reply(None, refusal="no"))
        with pytest.raises(Refused):
            await ask(chat)
        assert len(chat.asked) == 1

    async def test_a_reply_cut_by_the_token_limit_is_not_asked_again(self) -> None:
        chat = FakeChat(reply('{"name": "Os', finish_reason="length"))
        with pytest.raises(ReplyTruncated):
            await ask(chat)
        assert len(chat.asked) == 1

    async def test_a_reply_that_ends_too_early_by_itself_is(self) -> None:
        assert (await ask(FakeChat('{"name": "Os', OSLO))).output == City(name="Oslo")


class TestChangingThePath:
    async def test_after_replies_that_do_not_fit(self) -> None:
        chat = FakeChat(BAD, "nothing", '{"name": "Oslo"}')
        got = await ask(chat)
        assert got.path == "prompted"
        assert got.path_reason.startswith("2 replies to the schema did not fit, the last: no JSON value")
        assert [attempt.path for attempt in got.attempts] == ["native", "native", "prompted"]
        assert roles(chat.asked[-1]) == ["system", "user"]
        assert "response_format" not in chat.asked[-1]

    @pytest.mark.parametrize(
        "error",
        [
            NotFound("No endpoints found that can handle the requested parameters.", status=404),
            NotFound("none left", status=404, availability=Availability(code="no_endpoints")),
            BadRequest("Invalid schema for response_format 'City'", status=400),
            BadRequest(
                "Provider returned error", status=400, metadata={"raw": "json_schema is not supported"}
            ),
        ],
        ids=["404", "404 with availability", "400", "400 of the provider"],
    )
    async def test_when_the_service_says_that_it_cannot(self, error: APIStatusError) -> None:
        got = await ask(FakeChat(error, '{"name": "Oslo"}'))
        assert got.path == "prompted"
        assert got.path_reason.startswith(f"status {error.status} to the request with a schema")
        assert [attempt.error for attempt in got.attempts] == [error, None]
        assert got.total_cost == Decimal("0.01")

    @pytest.mark.parametrize(
        "error",
        [
            NotFound("no such model", status=404, availability=Availability(code="model_not_found")),
            BadRequest("temperature must be at most 2", status=400),
            ContextLengthExceeded("too long, with its schema", status=400),
            RateLimited("slow down", status=429),
        ],
        ids=["no such model", "another parameter", "too long", "rate limit"],
    )
    async def test_not_for_other_errors(self, error: APIStatusError) -> None:
        chat = FakeChat(error)
        with pytest.raises(type(error)):
            await ask(chat)
        assert len(chat.asked) == 1

    async def test_not_if_the_native_path_was_asked_for(self) -> None:
        chat = FakeChat(BAD, BAD)
        with pytest.raises(SchemaMismatch):
            await ask(chat, path="native")
        refused = FakeChat(NotFound("no endpoints", status=404))
        with pytest.raises(NotFound):
            await ask(refused, path="native")
        assert (len(chat.asked), len(refused.asked)) == (2, 1)

    async def test_the_last_error_is_raised_when_both_fail(self) -> None:
        with pytest.raises(ReplyNotParsed) as caught:
            await ask(FakeChat(BAD, BAD, BAD, "nothing"))
        assert caught.value.attempts == 4


class TestToolCalls:
    CALLS = ({"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}},)

    async def test_a_reply_that_calls_tools_is_returned_without_a_value(self) -> None:
        got = await ask(FakeChat(reply(None, tool_calls=list(self.CALLS))))
        assert got.tool_calls[0].name == "look"
        with pytest.raises(ReplyNotParsed, match="it calls 'look'"):
            _ = got.output

    async def test_a_value_beside_the_calls_is_kept(self) -> None:
        assert (await ask(FakeChat(reply(OSLO, tool_calls=list(self.CALLS))))).output == City(name="Oslo")


@pytest.mark.slow
async def test_ten_thousand_calls_leave_nothing_behind() -> None:
    """Neither classes nor validators are made for a call."""

    class Local(BaseModel):
        name: str

    async def many(count: int) -> None:
        for _ in range(count):
            chat = FakeChat('{"name": "x"}')
            got = await ask(chat, list[Local] | Local, PROMPTED)
            assert got.output == Local(name="x")

    await many(200)
    gc.collect()
    classes = len(object.__subclasses__()) + len(BaseModel.__subclasses__())
    tracemalloc.start()
    try:
        await many(1_000)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        await many(9_000)
        gc.collect()
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(object.__subclasses__()) + len(BaseModel.__subclasses__()) <= classes
    assert after - before < 100_000
