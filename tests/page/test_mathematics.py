"""Formulas as models write them, drawn; and what looks like one and is none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.page.chat_page import ChatPage, expect

FORMULAS = {
    r"The roots are $x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}$.": "x=−b±b2−4ac2a",
    r"Euler: \(e^{i\pi} + 1 = 0\).": "eiπ+1=0",
    "$$\n\\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}\n$$": "∫0∞e−x2dx=π2",
    "\\[\n\\sum_{n=1}^{\\infty} \\frac{1}{n^2} = \\frac{\\pi^2}{6}\n\\]": "∑n=1∞1n2=π26",
    r"\[ A = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \]": "A=(1234)",
    "$$\\begin{aligned}\na &= b + c \\\\\n  &= d\n\\end{aligned}$$": "a=b+c=d",
    "\\begin{align*}\nx_1 * y &= 1 \\\\\nx_2 * y &= 2\n\\end{align*}": "x1∗y=1x2∗y=2",
    r"$f(x) = \begin{cases} 1 & x > 0 \\ 0 & \text{else} \end{cases}$": "f(x)={1x>00else",
    r"$a_1 * b_1 + a_2 * b_2$ keeps its stars": "a1∗b1+a2∗b2",
    r"$\lim_{h \to 0} \frac{f(x+h)-f(x)}{h}$": "limh→0f(x+h)−f(x)h",
    r"$\nabla \times \mathbf{E} = -\frac{\partial \mathbf{B}}{\partial t}$": "∇×𝐄=−∂𝐁∂t",
    r"$P(A \mid B) = \frac{P(B \mid A)\,P(A)}{P(B)}$": "P(A|B)=P(B|A)P(A)P(B)",
    r"$\binom{n}{k} = \frac{n!}{k!(n-k)!}$": "(nk)=n!k!(n−k)!",
    r"\(\mathcal{O}(n \log n)\) steps": "𝒪(nlog⁡n)",
    r"$x \in \mathbb{R}^n, \; \lVert x \rVert_2 \le 1$": "x∈ℝn,‖x‖2≤1",
    r"$\hat{\beta} = (X^\top X)^{-1} X^\top y$": "βˆ=(X⊤X)−1X⊤y",
    r"**Bold with $\alpha < \beta$ inside**": "α<β",
    r"- a list: $\sqrt[3]{27} = 3$": "273=3",
    r"$\overline{z} = a - bi$, where $i^2 = -1$": "z=a−bi",
    r"$\ce{}$ no: $\text{pH} = -\log_{10}[\mathrm{H^+}]$": "pH=−log⁡10[H+]",
    r"Price \$5, then $E = mc^2$": "E=mc2",
    r"$$\boxed{x = 42}$$": "x=42",
}
"""Sources -> the text of the first formula that is drawn in them, without blanks."""

MONEY = [
    "It costs $5 and $10.",
    "From $5 to $6, or US$7/CA$8.",
    "Set $HOME and $PATH.",
    "`$x$` and ``\\(y\\)``",
    "\\$x\\$ stays",
    "1$ and 2$",
    "A lone $ and $$ too",
]

BARE = r"(all) => all.map((e) => e.textContent.replace(/[\s\u2061-\u2064]/g, ''))"


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_drawn(call_render: Any, text: str) -> None:
    drawn, complaints = call_render(text)
    wanted = "".join(FORMULAS[text].split()).replace("\u2061", "")
    assert wanted in drawn, drawn
    assert complaints == []


def test_a_formula_in_a_cell_of_a_table_may_have_bars(call_render: Any, tab: ChatPage) -> None:
    text = (
        "| what | formula | costs |\n|---|---|---|\n| size | $|x|$ | $5 |\n"
        "| chance | \\(P(A | B)\\) | $6 |\nand | $\\|v\\|$ | `$a|b$`\n\nFrom |$5|$6| to $|y|$."
    )
    drawn, _ = call_render(text)
    assert drawn == ["|x|", "P(A|B)", "‖v‖", "|y|"]
    rows = tab.page.locator("body > div tr")
    cells = [[cell.inner_text() for cell in row.locator("td, th").all()] for row in rows.all()]
    assert [row[0] for row in cells] == ["what", "size", "chance", "and"]
    assert [row[2] for row in cells] == ["costs", "$5", "$6", "`$a"]  # code ends at a bar, as GitHub has it


@pytest.fixture
def call_render(tab: ChatPage) -> Any:
    """Render a text, once its formulas are drawn; return their texts and what is still TeX."""
    tab.page.goto(tab.url)
    script = """async ([base, text]) => {
      const { render } = await import(`${base}assets/markdown.js`);
      const { default: temml } = await import(`${base}assets/vendor/temml.js`);
      const shown = document.createElement("div");
      document.body.append(shown);
      shown.append(render("$q$"));
      while (!shown.querySelector("math")) await new Promise((done) => setTimeout(done, 10));
      shown.replaceChildren(render(text));
      return shown.innerHTML;
    }"""

    def call(text: str) -> tuple[list[str], list[str]]:
        html = tab.page.evaluate(script, [tab.url, text])
        shown = tab.page.locator("body > div").last
        wrong = shown.locator(".math-wrong").all_inner_texts() if "ce{" not in text else []
        drawn = shown.locator("math").evaluate_all(BARE)
        assert "style=" not in html.split("<math")[0]
        return drawn, wrong

    return call


@pytest.mark.parametrize("text", MONEY)
def test_money_and_shell_variables_are_not_formulas(call_render: Any, text: str) -> None:
    assert call_render(text) == ([], [])


def test_formulas_grow_in_a_stream_and_wrong_ones_stay_as_written(chat: ChatPage) -> None:
    words = [f"word{number} " for number in range(60)]
    chat.emulator.reply(
        "Take $x^2_i$ and\n\n", "$$\n", "\\frac{a}", "{b}\n", "$$\n\n", *words, r"then $\wrong{x$ and $y_*$."
    )
    chat.page.evaluate(
        "() => { window.counts = [];"
        " const count = () => window.counts.push(document.querySelectorAll('.answer math').length);"
        " new MutationObserver(count).observe(document.body, { childList: true, subtree: true }); }"
    )
    answer = chat.send("Formulas")
    assert 2 in chat.page.evaluate("() => window.counts")
    expect(answer.locator("math")).to_have_count(3)
    expect(answer.locator(".math-wrong")).to_have_text([r"\wrong{x"])
    width = answer.locator(".math-display math").evaluate("(e) => e.getBoundingClientRect().height")
    assert width > 25  # a fraction is higher than a line


def test_hostile_formulas_run_and_load_nothing(chat: ChatPage) -> None:
    hostile = [
        r"$\href{javascript:window.ran=1}{x}$",
        r"$\url{javascript:window.ran=1}$",
        r"$\includegraphics{https://evil.example/p.png}$",
        r"$\text{<img src=x onerror=window.ran=1>}$",
        r"$\class{x}{y} \id{model-name}{z} \style{position:fixed}{w} \data{a=b}{c}$",
        r"$\def\a{\a\a}\a$",
        r"$" + "{" * 3000 + "x$",
        r"$\rule{1e9em}{1e9em}$",
    ]
    for text in hostile:
        chat.emulator.reply(text + " end $x$")
        answer = chat.send("Hostile")
        answer.locator("math").last.wait_for()
        expect(answer.locator(".math").locator("img, [href], [id], [onerror]")).to_have_count(0)
    assert chat.page.evaluate("window.ran") is None


def test_formulas_have_the_shape_of_the_library(chat: ChatPage) -> None:
    """Alignment and lines are drawn by its classes and styles, which pass the page's policy."""
    chat.emulator.reply(
        "$$\\begin{aligned}a &= b \\\\ c + d &= e\\end{aligned}$$\n\n$\\overline{z}$\n\n$$\\boxed{x}$$"
    )
    answer = chat.send("Align")
    style = "(e, name) => getComputedStyle(e)[name]"
    assert answer.locator("mtd").first.evaluate(style, "textAlign").endswith("right")
    assert answer.locator(".tml-overline").evaluate(style, "borderTopStyle") == "solid"
    assert answer.locator("math").last.locator("[style]").last.evaluate(style, "borderTopWidth") == "1px"
