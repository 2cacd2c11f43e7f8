"""ES modules joined into one script: a browser needs one request where the page has forty files.

Each module becomes a function that runs once, in the order of its imports, and returns its exports; so two modules may
use the same name inside. It is read by pattern, not by a parser: an import or export begins a line and has one of the
forms below, and any other form is an error.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

__all__ = ["Bundles"]

_IMPORT = re.compile(r'^import (?:\{([^}]*)\}|(\w+)) from "(\.[^"]+)";$', re.MULTILINE)
_DECLARED = re.compile(r"^export ((?:async )?(?:function\*?|class|const) (\w+))", re.MULTILINE)
_LISTED = re.compile(r"^export ?\{([^}]*)\};?$", re.MULTILINE)
_FILE = re.compile(r'new URL\("(\./[^"]+\.js)", import\.meta\.url\)')
_LEFT = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


@dataclass
class Bundles:
    """Scripts of a folder, each with the modules that it imports. `read` returns the text of a module by its path."""

    read: Callable[[str], str]
    made: dict[str, str] = field(default_factory=dict)
    """The text of each script that was asked for or is named by one, by its name with a fingerprint."""

    def name_of(self, entry: str) -> str:
        """Return the name of the script that begins with a module: it changes with any byte of the script.

        Raises:
            ValueError: a module imports itself by way of others, or has an import or export of another form.
        """
        modules: dict[str, str] = {}
        self._add(entry, modules, ())
        body = "\n".join(
            f"const {_variable(path)} = {text};" for path, text in modules.items() if path != entry
        )
        script = f"{body}\n{modules[entry]}"
        stem = posixpath.basename(entry).removesuffix(".js")
        name = f"{stem}.{hashlib.sha256(script.encode()).hexdigest()[:16]}.js"
        self.made[name] = script
        return name

    def _add(self, path: str, modules: dict[str, str], way: tuple[str, ...]) -> None:
        if path in way:
            raise ValueError(f"{path} imports itself by way of {' and '.join(way)}")
        if path in modules:
            return
        text = self.read(path)
        for _, _, target in _IMPORT.findall(text):
            self._add(_path(path, target), modules, (*way, path))
        modules[path] = self._module(path, text, is_entry=not way)

    def _module(self, path: str, text: str, *, is_entry: bool) -> str:
        imported: list[str] = []
        exported: dict[str, str] = {}

        def bring(found: re.Match[str]) -> str:
            listed, default, target = found.groups()
            names = _fields([("default", default)] if default else _pairs(listed))
            imported.append(f"const {{ {names} }} = {_variable(_path(path, target))};")
            return imported[-1]

        def declare(found: re.Match[str]) -> str:
            exported[found[2]] = found[2]
            return found[1]

        def list_(found: re.Match[str]) -> str:
            exported.update({outer: inner for inner, outer in _pairs(found[1])})
            return ""

        text = _IMPORT.sub(bring, text)
        text = _LISTED.sub(list_, _DECLARED.sub(declare, text))
        if left := _LEFT.search(text):
            raise ValueError(f"{path} has {left[0][:80]!r}, which cannot be joined")
        text = _FILE.sub(
            lambda found: f'new URL("./{self.name_of(_path(path, found[1]))}", import.meta.url)', text
        )
        if is_entry:
            listed = ", ".join(f"{inner} as {name}" for name, inner in exported.items())
            return f"{text}\nexport {{ {listed} }};\n" if exported else text
        return f"(() => {{\n{text}\nreturn {{ {_fields(exported.items())} }};\n}})()"


def _path(importer: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), target))


def _variable(path: str) -> str:
    return "$" + re.sub(r"\W", "_", path.removesuffix(".js"))


def _pairs(listed: str) -> list[tuple[str, str]]:
    """Return the names in `a, b as c`, each with its name after `as`."""
    found = [each.strip().partition(" as ") for each in listed.split(",") if each.strip()]
    return [(name, other or name) for name, _, other in found]


def _fields(pairs: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in pairs)
