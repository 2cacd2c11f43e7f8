"""Modules joined into one script."""

from __future__ import annotations

import pytest

from openrouter_async.server.chat.bundles import Bundles
from openrouter_async.server.chat.router import PAGE

MODULES = {
    "app.js": 'import { f, g as other } from "./a/b.js";\nimport Big from "./vendor/big.js";\nawait f(other, Big);\n',
    "a/b.js": 'import { h } from "../c.js";\nexport const f = h;\nexport async function g() {}\nconst size = 1;\n',
    "c.js": 'export function h() {}\nconst size = 2;\nnew Worker(new URL("./work.js", import.meta.url));\n',
    "vendor/big.js": "var x = 1;\nexport { x as default };\n",
    "work.js": 'import { h } from "./other.js";\nh();\n',
    "other.js": "export class h {}\n",
}


def test_imports_come_first_and_names_stay_apart() -> None:
    bundles = Bundles(MODULES.__getitem__)
    name = bundles.name_of("app.js")
    script = bundles.made[name]
    assert "import " not in script
    assert "export " not in script
    order = [script.index(f"const ${each} = ") for each in ("c", "a_b", "vendor_big")]
    assert order == sorted(order)
    assert "const { f: f, g: other } = $a_b;" in script
    assert "const { default: Big } = $vendor_big;" in script
    assert "return { default: x };" in script
    assert script.endswith("await f(other, Big);\n")


def test_a_script_that_a_script_names_is_joined_too_and_its_name_changes_with_it() -> None:
    bundles = Bundles(MODULES.__getitem__)
    name = bundles.name_of("app.js")
    [worker] = [each for each in bundles.made if each.startswith("work.")]
    assert f'new URL("./{worker}", import.meta.url)' in bundles.made[name]
    changed = Bundles({**MODULES, "other.js": "export class h { a }\n"}.__getitem__)
    assert changed.name_of("app.js") != name
    assert Bundles(MODULES.__getitem__).name_of("app.js") == name


def test_what_a_script_exports_is_still_exported() -> None:
    bundles = Bundles(MODULES.__getitem__)
    assert bundles.made[bundles.name_of("vendor/big.js")].endswith("export { x as default };\n")
    assert bundles.made[bundles.name_of("other.js")].endswith("export { h as h };\n")


def test_modules_in_a_circle_are_refused() -> None:
    circle = {"a.js": 'import { b } from "./b.js";', "b.js": 'import { a } from "./a.js";'}
    with pytest.raises(ValueError, match=r"a\.js imports itself by way of a\.js and b\.js"):
        Bundles(circle.__getitem__).name_of("a.js")


@pytest.mark.parametrize(
    "text", ['import * as a from "./b.js";', 'import "./b.js";', "export let a = 1;", "export default 1;"]
)
def test_what_cannot_be_joined_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be joined"):
        Bundles({"a.js": text, "b.js": ""}.__getitem__).name_of("a.js")


def test_the_page_is_joined_whole() -> None:
    """Each module of the page is in a script, so none is loaded on its own."""
    assets = PAGE / "assets"
    read: list[str] = []

    def reading(path: str) -> str:
        read.append(path)
        return (assets / path).read_text(encoding="utf-8")

    Bundles(reading).name_of("app.js")
    assert {path.relative_to(assets).as_posix() for path in assets.rglob("*.js")} - {"theme.js"} == set(read)
