"""Makes the packaged list of models out of recorded ones: `python -m tests.catalogue.make_snapshot`, from the root.

Facts are kept, prose is not. Of a model that several recordings have, the newer one counts; where that one lost the
time of its listing, the older one still has it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.support.folders import EXCHANGES, ROOT

__all__ = ["SNAPSHOT", "make_snapshot"]

SNAPSHOT = ROOT / "src" / "openrouter_async" / "catalogue" / "snapshot.json"

RECORDINGS = ("models_344_1.json", "models_4_1.json")
"""Later ones replace the entries of earlier ones; only the first decides which models there are."""
OLDER = "models_194_1.json"

FACTS = (
    "id",
    "canonical_slug",
    "name",
    "created",
    "context_length",
    "architecture",
    "pricing",
    "top_provider",
    "supported_parameters",
    "reasoning",
)


def make_snapshot(folder: Path) -> str:
    """Return the text of the packaged list, made of the recordings in a folder."""
    exchanges = [json.loads((folder / name).read_text("utf-8")) for name in RECORDINGS]
    listed, *newer = (_models(exchange) for exchange in exchanges)
    older = _models(json.loads((folder / OLDER).read_text("utf-8")))
    models = []
    for id, model in listed.items():
        created = {"created": older[id]["created"]} if id in older else {}
        for update in newer:
            model = update.get(id, model)
        known = created | {name: _without_null(model[name]) for name in FACTS if model.get(name)}
        models.append({name: known[name] for name in FACTS if name in known})
    # When a model was listed is zero in the recording, but many permanent names end in a date.
    dates = re.findall(
        r"-(20\d\d)(\d\d)(\d\d)$", "\n".join(m["canonical_slug"] for m in models), re.MULTILINE
    )
    head = {
        "date": "-".join(max(dates)),
        "date_from": "the newest model in it, by its permanent name; the list itself is at least as new",
        "sources": [
            f"a reply to GET {exchange['request']['path']}, from the tests of"
            f" {'/'.join(exchange['source'].split('/')[:2])} ({exchange['license']})"
            for exchange in exchanges
        ],
    }
    lines = ",\n".join(json.dumps(model, ensure_ascii=False, separators=(",", ":")) for model in models)
    return json.dumps(head, indent=0).removesuffix("\n}") + f',\n"models": [\n{lines}\n]\n}}\n'


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_null(inner) for name, inner in value.items() if inner is not None}
    return value


def _models(exchange: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {model["id"]: model for model in json.loads(exchange["response"]["body"])["data"]}


if __name__ == "__main__":
    SNAPSHOT.write_text(make_snapshot(EXCHANGES), "utf-8")
