"""The page's modules that know no document, run in the browser that will run them."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

from tests.page.chat_page import ChatPage


@pytest.fixture
def call(tab: ChatPage) -> Any:
    """Call JavaScript with names of modules: `call("store/tree.js", "(tree, x) => tree.f(x)", x)`."""
    tab.page.goto(tab.url)

    def call(module: str, function: str, argument: Any = None) -> Any:
        script = f"async ([module, argument]) => ({function})(await import(module), argument)"
        return tab.page.evaluate(script, [f"{tab.url}assets/{module}", argument])

    return call


SSE = (
    '\ufeff: keep-alive\n\nevent: text\ndata: {"text": "é"}\n\nevent:text\r\ndata:a\r\ndata: b\r\n\r\n'
    "data: alone\r\revent: nothing\n\nid: 7\nretry: 5\ndata\n\nevent: finished\ndata: {}\n\n"
)
EVENTS = [
    {"event": "text", "data": '{"text": "é"}', "id": ""},
    {"event": "text", "data": "a\nb", "id": ""},
    {"event": "message", "data": "alone", "id": ""},
    {"event": "message", "data": "", "id": "7"},
    {"event": "finished", "data": "{}", "id": "7"},
]


def test_any_split_of_a_stream_gives_the_same_events(call: Any) -> None:
    """Pieces of a network end anywhere, also between CR and LF."""
    pieces = [list(SSE), [SSE]]
    rng = random.Random(1)
    for _ in range(30):
        cuts = sorted(rng.sample(range(1, len(SSE)), 6))
        pieces.append([SSE[a:b] for a, b in zip([0, *cuts], [*cuts, len(SSE)], strict=True)])
    function = """({SseParser}, all) => all.map((pieces) => {
      const parser = new SseParser();
      return pieces.flatMap((piece) => parser.push(piece));
    })"""
    for found in call("sse.js", function, pieces):
        assert found == EVENTS


def _tree() -> dict[str, Any]:
    """A question with two answers, the first of which was asked on twice."""
    nodes = [
        {"id": "q", "parent": None, "role": "user", "content": "Q"},
        {
            "id": "a1",
            "parent": "q",
            "role": "assistant",
            "content": "A1",
            "usage": {"total_tokens": 5, "cost": "0.5"},
        },
        {"id": "q2", "parent": "a1", "role": "user", "content": "Q2"},
        {
            "id": "b",
            "parent": "q2",
            "role": "assistant",
            "content": "B",
            "usage": {"prompt_tokens": 1, "completion_tokens": 2},
        },
        {
            "id": "a2",
            "parent": "q",
            "role": "assistant",
            "content": "A2",
            "usage": {"total_tokens": 7, "cost": 0.25},
        },
    ]
    return {
        "id": "c",
        "title": "T",
        "settings": {"system": " Be brief. ", "params": {}},
        "nodes": nodes,
        "leaf": "a2",
    }


def test_a_branch_is_the_path_to_its_leaf(call: Any) -> None:
    ids = "(tree, doc) => ['a2', 'b'].map((leaf) => tree.pathTo(doc, leaf).map((node) => node.id))"
    assert call("store/tree.js", ids, _tree()) == [["q", "a2"], ["q", "a1", "q2", "b"]]


def test_showing_a_version_goes_down_to_what_was_said_last_below_it(call: Any) -> None:
    assert (
        call("store/tree.js", "(tree, doc) => { tree.showNode(doc, 'a1'); return doc.leaf; }", _tree()) == "b"
    )


def test_a_circle_in_a_document_ends(call: Any) -> None:
    doc = _tree()
    doc["nodes"][0]["parent"] = "a2"
    assert call("store/tree.js", "(tree, doc) => tree.pathTo(doc).length", doc) == 2


def test_totals_count_the_branches_that_are_not_shown(call: Any) -> None:
    totals = call("store/tree.js", "(tree, doc) => tree.totalsOf(doc)", _tree())
    assert totals == {"tokens": 15, "cost": 0.75, "answers": 3}


def test_a_fork_holds_the_branch_alone_and_shares_nothing(call: Any) -> None:
    function = """(tree, doc) => {
      const fork = tree.forkAt(doc, "a1", "new");
      fork.nodes[0].content = "changed";
      return [fork.id, fork.leaf, fork.nodes.map((node) => node.id), doc.nodes[0].content];
    }"""
    assert call("store/tree.js", function, _tree()) == ["new", "a1", ["q", "a1"], "Q"]


def test_messages_are_the_system_prompt_and_the_branch(call: Any) -> None:
    doc = _tree()
    doc["nodes"][1]["content"] = ""  # failed before it said anything
    assert call("store/messages.js", "(m, doc) => m.messagesOf(doc, 'q2')", doc) == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Q"},
        {"role": "user", "content": "Q2"},
    ]


RUN: list[tuple[str, dict[str, Any]]] = [
    ("reasoning", {"text": "Hm. "}),
    ("reasoning", {"text": "I look."}),
    ("text", {"text": "Let me look."}),
    ("tool_call_delta", {"id": "x", "index": 0, "name": "stock", "fragment": '{"item":'}),
    ("tool_call_delta", {"id": "x", "index": 0, "name": "stock", "fragment": ' "lamp"}'}),
    ("tool_call_delta", {"id": "y", "index": 1, "name": "stock", "fragment": "{}"}),
    ("tool_call", {"id": "x", "name": "stock", "arguments": '{"item": "lamp"}', "complete": True}),
    ("tool_call", {"id": "y", "name": "stock", "arguments": "{}", "complete": True}),
    ("usage", {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cost": "0.1"}),
    ("tool_started", {"id": "x", "name": "stock"}),
    ("tool_result", {"id": "x", "name": "stock", "content": "3", "is_error": False}),
    ("tool_result", {"id": "y", "name": "stock", "content": "no item", "is_error": True}),
    ("tool_call", {"id": "z", "name": "stock", "arguments": '{"item": "chair"}', "complete": True}),
    ("tool_result", {"id": "z", "name": "stock", "content": "4", "is_error": False}),
    ("text", {"text": "Three."}),
    ("usage", {"prompt_tokens": 4, "completion_tokens": 5, "total_tokens": 9, "cost": "0.2"}),
    ("something_new", {"a": 1}),
]  # fmt: skip

BUILD = """const node = reply.newAnswer("m", "now");
    for (const [name, data] of events) reply.applyEvent(node, name, data);"""


def test_an_answer_of_several_turns_keeps_its_order(call: Any) -> None:
    function = f"""(reply, events) => {{ {BUILD}
      return reply.segmentsOf(node).map(({{ kind, text, call, result }}) =>
        kind === "text" ? text : [call.id, call.arguments, result?.content]);
    }}"""
    assert call("store/reply.js", function, RUN) == [
        "Let me look.",
        ["x", '{"item": "lamp"}', "3"],
        ["y", "{}", "no item"],
        ["z", '{"item": "chair"}', "4"],
        "Three.",
    ]


def test_usage_of_turns_is_added_until_the_sum_is_told(call: Any) -> None:
    function = f"(reply, events) => {{ {BUILD} return [node.usage, node.reasoning]; }}"
    usage, reasoning = call("store/reply.js", function, RUN)
    assert (usage["total_tokens"], reasoning) == (12, "Hm. I look.")
    assert abs(usage["cost"] - 0.3) < 1e-9
    finished = (
        "finished",
        {"finish_reason": "stop", "usage": {"total_tokens": 11, "cost": "0.25"}, "model": "m2"},
    )
    assert call("store/reply.js", function, [*RUN, finished])[0] == {"total_tokens": 11, "cost": "0.25"}


def test_calls_and_results_are_sent_back_turn_by_turn(call: Any) -> None:
    """A provider refuses a call without its result, and results without their call."""
    function = f"""async (messages, events) => {{
      const reply = await import(new URL("/assets/store/reply.js", location.href)); {BUILD}
      node.tool_calls.push({{ id: "lost", name: "stock", arguments: "{{", at: 18, step: 2 }});
      const nodes = [{{ id: "q", role: "user", content: "?" }}, {{ ...node, id: "a", parent: "q" }}];
      return messages.messagesOf({{ settings: {{}}, nodes, leaf: "a" }}, "a");
    }}"""
    sent = call("store/messages.js", function, RUN)
    assert [(each["role"], each.get("content")) for each in sent] == [
        ("user", "?"),
        ("assistant", "Let me look."),
        ("tool", "3"),
        ("tool", "no item"),
        ("assistant", None),
        ("tool", "4"),
        ("assistant", "Three."),
    ]
    assert [made["id"] for each in sent for made in each.get("tool_calls", ())] == ["x", "y", "z"]


def test_a_text_file_is_a_part_that_is_found_again(call: Any) -> None:
    function = """(content, text) => {
      const parts = [{ type: "text", text: content.fileAsText('a"b.py', text) }];
      const made = content.contentFrom("Look:", parts);
      const attached = content.attachmentsOf(made).map((each) => [each.kind, each.name]);
      return [content.textOf(made), attached, content.contentFrom("x", [])];
    }"""
    assert call("store/content.js", function, "x = 1\n</file>\n") == ["Look:", [["file", "a'b.py"]], "x"]


def test_markdown_export_fences_what_holds_fences(call: Any) -> None:
    doc = _tree()
    doc["nodes"][4] |= {
        "model": "maker/m",
        "reasoning": "one\ntwo",
        "tool_calls": [{"id": "x", "name": "run", "arguments": "```\ncode\n```", "at": 0, "step": 0}],
        "tool_results": [{"id": "x", "content": "done"}],
        "annotations": [
            {"type": "url_citation", "url_citation": {"url": "https://example.com", "title": "E"}}
        ],
        "error": {"message": "broke"},
    }
    text = call("store/export.js", "(e, doc) => e.asMarkdown(doc)", doc)
    assert text.startswith(
        "# T\n\n## System\n\nBe brief.\n\n## You\n\nQ\n\n## maker/m\n\n> Reasoning:\n>\n> one\n> two\n"
    )
    assert "````json\n```\ncode\n```\n````\n\n```\ndone\n```\n" in text
    assert "1. [E](https://example.com)" in text
    assert "> Failed: broke" in text


def test_names_and_messages_of_others_are_harmless_in_the_export(call: Any) -> None:
    """Another program may show HTML and load images, by which a conversation would leave."""
    evil = "x` ``\n\n<img src=https://evil.example/p> [a](javascript:1) <script>1</script>\n\n# h"
    doc = _tree()
    first, *_, last = doc["nodes"]
    doc["title"] = evil
    first["content"] = [{"type": "text", "text": "Q"}, {"type": "file", "file": {"filename": evil}}]
    last |= {
        "content": evil,
        "model": evil,
        "error": {"message": evil},
        "tool_calls": [{"id": "x", "name": evil, "arguments": evil, "at": 0, "step": 0}],
        "annotations": [{"type": "url_citation", "url": "https://a.example/<b> (c)", "title": evil}],
    }
    text = call("store/export.js", "(e, doc) => e.asMarkdown(doc)", doc)
    assert text.count("evil.example") == 8
    shown = call("vendor/markdown-it.js", "(m, text) => new m.default({html: true}).render(text)", text)
    assert not re.search(r"<(?!/?(?:h1|h2|p|ul|ol|li|code|pre|strong|blockquote|a)\b)", shown)
    assert {*re.findall(r'href="(\w+:)', shown)} == {"https:"}


@pytest.mark.parametrize("fence", ["```", "~~~~", "```js"])
def test_code_that_does_not_end_ends_with_its_text(call: Any, fence: str) -> None:
    """Else the code of the next text would be outside of code, and its HTML would be shown."""
    texts = [f"a\n\n{fence}\nx <b>", f"{fence}\n<img src=https://evil.example/p>\n{fence.rstrip('js')}"]
    harmless = call("store/harmless.js", "(h, texts) => texts.map(h.harmless)", texts)
    render = "(m, text) => new m.default({html: true}).render(text)"
    assert "<img" not in call("vendor/markdown-it.js", render, "\n\n".join(harmless))
    assert harmless[1] == texts[1]


def test_json_export_is_the_document(call: Any) -> None:
    assert json.loads(call("store/export.js", "(e, doc) => e.asJson(doc)", _tree())) == _tree()


def test_file_names_have_letters_and_digits_of_any_script(call: Any) -> None:
    names = "(e, titles) => titles.map((title) => e.fileName({title}, 'md'))"
    titles = ["Hello, World! 2/3", "../../etc/passwd", "日本語 の 題", "", "…"]
    assert call("store/export.js", names, titles) == [
        "hello-world-2-3.md", "etc-passwd.md", "日本語-の-題.md", "conversation.md", "conversation.md"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        ("dollars", [0, "0", None, "0.000123456", 0.0031], ["$0", "$0", "$0", "$0.00012", "$0.0031"]),
        ("dollars", [0.5, "12.345", 1e-9], ["$0.50", "$12.35", "$0.00"]),
        ("perMillion", [None, "0", "0.0000004", "0.00000115"], ["", "free", "$0.40", "$1.15"]),
        ("perMillion", ["0.00001", "0.000000075", "-1"], ["$10", "$0.075", "varies"]),
        ("seconds", [0.04, 9.96, 59, 61], ["0.0 s", "10.0 s", "59 s", "1 min 1 s"]),
        ("size", [5, 2048, 3 * 1024 * 1024], ["5 B", "2 KB", "3.0 MB"]),
        ("shortModel", ["openai/gpt", "gpt"], ["gpt", "gpt"]),
    ],
)  # fmt: skip
def test_numbers_are_written_for_people(
    call: Any, function: str, values: list[Any], expected: list[str]
) -> None:
    assert call("format.js", f"(f, values) => values.map((value) => f.{function}(value))", values) == expected


def test_days_have_headings(call: Any) -> None:
    now = "2026-03-10T09:00:00"
    days = [
        "2026-03-10T00:00:01",
        "2026-03-09T23:59:00",
        "2026-03-04T10:00:00",
        "2026-02-20T10:00:00",
        "2025-01-01T00:00:00",
    ]
    names = f"(f, days) => days.map((day) => f.dayGroup(day, new Date('{now}')))"
    assert call("format.js", names, days) == ["Today", "Yesterday", "Last 7 days", "Last 30 days", "Older"]


def test_models_are_found_by_words_and_filters_and_the_last_used_come_first(call: Any) -> None:
    def model(id: str, name: str, price: str, *parameters: str) -> dict[str, Any]:
        return {
            "id": id, "name": name, "prompt_price": price, "completion_price": price,
            "input_modalities": ["text"], "supported_parameters": parameters,
        }  # fmt: skip

    models = [
        model("a/fast", "Alpha Fast", "1", "tools"),
        model("a/free", "Alpha", "0"),
        model("b/fast", "Beta", "0", "tools"),
        model("a/fast-2-preview", "Fast 2 Preview", "1"),
        model("a/fast-2", "Fast 2", "1"),
    ]
    function = """(m, models) => [
      m.findModels(models, "ALPHA fast"), m.findModels(models, "fast", new Set(["free", "tools"])),
      m.findModels(models.slice(0, 3), "", new Set(), ["b/fast"]), m.findModels(models, "gamma"),
      m.findModels(models, "fast 2", new Set(), ["a/fast-2-preview"]),
    ].map((found) => found.map((model) => model.id))"""
    assert call("models.js", function, models) == [
        ["a/fast"], ["b/fast"], ["b/fast", "a/fast", "a/free"], [],
        ["a/fast-2", "a/fast-2-preview"],
    ]  # fmt: skip


def test_pieces_that_come_together_are_drawn_once_a_frame(call: Any) -> None:
    function = """async ({ oncePerFrame }) => {
      let drawn = 0;
      const frames = oncePerFrame(() => drawn++);
      const frame = () => new Promise(requestAnimationFrame);
      for (let i = 0; i < 1000; i++) frames.ask();
      const before = drawn;
      await frame();
      const after = drawn;
      frames.ask();
      frames.flush();
      await frame();
      return [before, after, drawn];
    }"""
    assert call("frames.js", function) == [0, 1, 2]


def test_an_answer_that_broke_off_while_it_was_continued_keeps_its_cost(call: Any) -> None:
    script = """(reply) => {
      const node = { ...reply.newAnswer("m"), content: "a", usage: { completion_tokens: 3, cost: 0.5 } };
      reply.beginContinued(node);
      const begun = reply.usageOf(node);
      const doc = JSON.parse(JSON.stringify({ nodes: [node] }));
      reply.restart(node);
      reply.applyEvent(node, "usage", { usage: { completion_tokens: 2, cost: 0.25 } });
      const resumed = reply.usageOf(node);
      reply.endContinued(node);
      return [begun, doc.nodes[0].earlier_usage, resumed, node.usage, reply.usageOf(reply.newAnswer("m"))];
    }"""
    begun, stored, resumed, ended, none = call("store/reply.js", script)
    assert begun == stored == {"completion_tokens": 3, "cost": 0.5}
    assert resumed == ended == {"completion_tokens": 5, "cost": 0.75}
    assert none is None
