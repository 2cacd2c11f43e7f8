"""Exact counts of GPT models through `tiktoken`, which is never let download its vocabularies."""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .._extras import needs_extra
from ..errors import ConfigurationError
from ._families import family_of

if TYPE_CHECKING:
    from tiktoken import Encoding

__all__ = ["count_exactly"]

_FILES = {
    "o200k": ("o200k_base", "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"),
    "cl100k": ("cl100k_base", "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"),
}
"""Family -> the name of its vocabulary for tiktoken, and the SHA-256 that tiktoken wants its file to have."""

_URL = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"


def count_exactly(text: str, model: str | None) -> int:
    """Return how many tokens a text is for a GPT model. The first call reads the vocabulary, which takes a while.

    Raises:
        ConfigurationError: the package or the vocabulary is missing, or the model is none of GPT's.
    """
    family = family_of(model).name
    if family not in _FILES:
        raise ConfigurationError(
            f"the tokenizer of {model!r} is not public; leave exact=True out, and take the estimate"
        )
    return len(_encoding(*_FILES[family]).encode_ordinary(text))


@cache
def _encoding(name: str, sha256: str) -> Encoding:
    with needs_extra("tokens", "counting tokens exactly"):
        import tiktoken
    path = _cached_file(name)
    # tiktoken deletes a damaged file and downloads it anew: so it only gets to see a whole one.
    if path is None or not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        where = "the folder that TIKTOKEN_CACHE_DIR names" if path is None else f"{str(path)!r}"
        raise ConfigurationError(
            f"the vocabulary {name} is not in {where}, and is never downloaded by this library;"
            f" run tiktoken.get_encoding({name!r}) once where there is a network"
        )
    return tiktoken.get_encoding(name)


def _cached_file(name: str) -> Path | None:
    """Return where tiktoken keeps a vocabulary; None where it keeps none."""
    folder = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
    if folder is None:
        folder = str(Path(tempfile.gettempdir()) / "data-gym-cache")
    key = hashlib.sha1(_URL.format(name).encode(), usedforsecurity=False).hexdigest()
    return Path(folder) / key if folder else None
