"""What two kinds of entries have that no description says.

Presets are saved from requests; files come as forms, or from the containers of tools.
"""

from __future__ import annotations

from pydantic import JsonValue

from ..exchange.forms import file_bytes
from ..exchange.service_errors import bad_request
from ..facts.shapes import Shape
from ..facts.table import Facts
from ..json_values import JSON, as_object, objects_in
from ..prompts import text_of
from .asked import Asked
from .entries import Entries
from .fitting import Fitting

__all__ = ["described_file", "promoted_file", "save_preset", "shape_word"]


def save_preset(asked: Asked, entries: Entries, fitting: Fitting, facts: Facts) -> JSON:
    """Add a version of the preset that the path names, make it the one in use, and return the preset."""
    collection, slug = asked.parent or ("", "")
    versions = f"{collection}/{slug}/versions"
    number = sum(1 for _ in entries.all(versions)) + 1
    former = entries.find(collection, slug)
    messages = objects_in(asked.body.get("messages"))
    system = next((m for m in messages if m.get("role") in ("system", "developer")), {})
    given: JSON = {
        "config": {name: value for name, value in asked.body.items() if name not in ("messages", "input")},
        "system_prompt": text_of(system.get("content")) or asked.body.get("instructions"),
        "version": number,
    }
    listed = facts.find("GET", versions)
    version = as_object(fitting.fit(fitting.item_shape(listed[0].reply if listed else None) or "any", given))
    named: JSON = {"slug": slug, "name": slug, "status": "active", **(former or {})}
    named |= {"designated_version": version, "designated_version_id": version.get("id")}
    preset = as_object(fitting.fit(asked.item_shape, named))
    version["preset_id"] = preset.get("id")
    entries.put(collection, slug, preset)
    entries.put(versions, str(number), version)
    return preset


def described_file(body: JSON) -> JSON:
    """Return what is known of a file in a form, in the words of each provider; any other body as it is.

    Raises:
        ServiceError: 400; the file is empty.
    """
    data = file_bytes(body.get("file"))
    if data is None:
        return body
    if not data:
        raise bad_request("file: expected at least one byte")
    file = as_object(body["file"])
    size: JsonValue = len(data)
    return {
        "filename": file["fileName"],
        "mime_type": file["Content-Type"],
        "size_bytes": size,
        "bytes": size,
        "purpose": "user_data",
        "downloadable": False,
    }


def promoted_file(written: JSON, shape: Shape, entries: Entries, fitting: Fitting) -> JSON:
    """Add a file that a tool wrote to the files of the workspace, and return it there; it can be downloaded."""
    name = str(written.get("path")).rpartition("/")[2]
    given: JSON = {
        **shape_word(None),
        "filename": name,
        "size_bytes": written.get("bytes"),
        "downloadable": True,
    }
    file = as_object(fitting.fit(shape, given))
    entries.put("/files", str(file["id"]), file)
    return file


def shape_word(provider: str | None) -> JSON:
    """Return the tag of the form in which files are answered: of the provider they are stored with."""
    return {"_shape": provider or "openrouter"}
