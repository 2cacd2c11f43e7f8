"""`openrouter-async image`, `speak`, `transcribe` and `rerank`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, TypeAlias

import anyio
from cyclopts import Parameter
from cyclopts.validators import Number

from .._files import claim
from ..errors import ConfigurationError
from ..types.media.image_request import ImageParams
from ..types.media.rerank import RerankParams
from ..types.media.speech import SpeechParams
from ..types.media.transcription import TranscriptionParams
from .ask import prompt_of, read_stdin
from .common import Emulated, Json, connect
from .exit_codes import DONE
from .files import read_file
from .output import Output, dollars
from .settings import alias_or

__all__ = ["image", "rerank", "speak", "transcribe"]

MediaModel: TypeAlias = Annotated[
    str, Parameter(name=["--model", "-m"], help="The model, or an alias; see `models`.")
]
Written: TypeAlias = Annotated[
    Path, Parameter(name=["--output", "-o"], help="The file that is written; it must not be there already.")
]


def image(
    *prompt: str,
    model: MediaModel,
    output: Written,
    attach: Annotated[
        list[Path] | None, Parameter(name=["--attach", "-a"], help="A picture to go by; may be repeated.")
    ] = None,
    size: str | None = None,
    number: Annotated[int, Parameter(name=["--number", "-n"], validator=Number(gte=1, lte=10))] = 1,
    json: Json = False,
    emulator: Emulated = False,
) -> int:
    """Make an image, and write it to a file.

    Text that is piped in follows the prompt, or is the prompt.

    Args:
        prompt: The description of the image.
        size: A tier such as 2K, or pixels such as 1024x1024.
        number: How many images; more than one are numbered: fox-1.png, fox-2.png.
    """
    to = Output(as_json=json)
    paths = [output] if number == 1 else [_numbered(output, place) for place in range(1, number + 1)]
    for path in paths:
        claim(path, inputs=attach or ())
    return anyio.run(_image, to, emulator, model, prompt_of(prompt), paths, attach or [], size)


async def _image(
    to: Output,
    emulator: bool,
    model: str,
    prompt: str,
    paths: list[Path],
    attach: list[Path],
    size: str | None,
) -> int:
    params: ImageParams = {}
    if size is not None:
        params["size"] = size
    if len(paths) > 1:
        params["n"] = len(paths)
    async with connect(to, emulated=emulator) as client:
        reply = await client.images.create(prompt, model=alias_or(model), input_references=attach, **params)
        written = [
            (await picture.save(path), picture.media_type)
            for path, picture in zip(paths, reply.images, strict=False)
        ]
    if len(written) < len(paths):
        to.warn(f"{len(paths)} images were asked for, and {len(written)} came")
    _tell(to, written, reply.cost)
    return DONE


def speak(
    *text: str,
    model: MediaModel,
    output: Written,
    voice: str | None = None,
    instructions: str | None = None,
    json: Json = False,
    emulator: Emulated = False,
) -> int:
    """Speak a text, and write the speech to a file: MP3, or bare samples if its name ends in .pcm.

    Text that is piped in follows the text, or is the text.

    Args:
        text: The words.
        voice: Which voice; some models need one.
        instructions: How it is said.
    """
    to = Output(as_json=json)
    kinds = {".mp3": "mp3", ".pcm": "pcm"}
    kind = kinds.get(output.suffix.lower())
    if kind is None:
        raise ConfigurationError(f"the name {output.name!r} ends in no format; expected one in .mp3 or .pcm")
    claim(output)
    return anyio.run(_speak, to, emulator, model, prompt_of(text), output, kind, voice, instructions)


async def _speak(
    to: Output,
    emulator: bool,
    model: str,
    text: str,
    path: Path,
    kind: str,
    voice: str | None,
    instructions: str | None,
) -> int:
    params: SpeechParams = {"response_format": kind}
    if voice is not None:
        params["voice"] = voice
    if instructions is not None:
        params["instructions"] = instructions
    async with connect(to, emulated=emulator) as client, client.track() as spend:
        download = client.audio.speak_stream(text, model=alias_or(model), **params)
        written = await download.save(path)
    _tell(to, [(written, download.media_type)], None if spend.unsettled else spend.cost)
    return DONE


def transcribe(
    source: str,
    /,
    *,
    model: MediaModel,
    language: str | None = None,
    words: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    json: Json = False,
    emulator: Emulated = False,
) -> int:
    """Write a recording as text.

    Args:
        source: The file, or its https URL.
        language: Such as en. Default: the model finds out.
        words: Write each word on a line, behind the second at which it begins.
    """
    return anyio.run(_transcribe, Output(as_json=json), emulator, source, model, language, words)


async def _transcribe(
    to: Output, emulator: bool, source: str, model: str, language: str | None, words: bool
) -> int:
    params: TranscriptionParams = {}
    if language is not None:
        params["language"] = language
    if words:
        params["response_format"], params["timestamp_granularities"] = "verbose_json", ["word"]
    given = source if source.startswith(("http://", "https://")) else Path(source)
    async with connect(to, emulated=emulator) as client:
        heard = await client.audio.transcribe(given, model=alias_or(model), **params)
    if to.as_json:
        to.json({**heard.model_dump(exclude_none=True), "cost": heard.cost})
    elif words:
        for word in heard.words or ():
            to.write(f"{word.start or 0:.2f}\t{word.word}", end="\n")
    else:
        to.write(heard.text, end="\n")
    to.note(dollars(heard.cost))
    return DONE


def rerank(
    query: str,
    file: str | None = None,
    /,
    *,
    model: MediaModel,
    top: Annotated[int | None, Parameter(name=["--top", "-n"], validator=Number(gte=1))] = None,
    json: Json = False,
    emulator: Emulated = False,
) -> int:
    """Write the lines of a file in the order in which they answer a query, the best first, behind their scores.

    Args:
        query: The question.
        file: One document on each line. Default: standard input.
        top: How many, the best ones. Default: all.
    """
    if file is None and sys.stdin.isatty():
        raise ConfigurationError(
            "there are no documents; name a file of them, one on each line, or pipe them in"
        )
    text = read_stdin() if file is None else read_file(file, "FILE")
    documents = [line for line in text.splitlines() if line.strip()]
    return anyio.run(_rerank, Output(as_json=json), emulator, query, documents, model, top)


async def _rerank(
    to: Output, emulator: bool, query: str, documents: list[str], model: str, top: int | None
) -> int:
    params: RerankParams = {} if top is None else {"top_n": top}
    async with connect(to, emulated=emulator) as client:
        ranking = await client.rerank.create(query, documents, model=alias_or(model), **params)
    if to.as_json:
        ranked = [{"index": each.index, "score": each.score, "document": each.document} for each in ranking]
        to.json({"results": ranked, "model": ranking.reply.model, "cost": ranking.cost})
    else:
        to.table(("score", "document"), [(f"{each.score:.4f}", each.document) for each in ranking])
    to.note(dollars(ranking.cost))
    return DONE


def _numbered(path: Path, place: int) -> Path:
    return path.with_name(f"{path.stem}-{place}{path.suffix}")


def _tell(to: Output, written: Sequence[tuple[Path, str | None]], cost: Decimal | None) -> None:
    """Write the paths of files, and the cost."""
    if to.as_json:
        files = [{"path": str(path), "media_type": kind} for path, kind in written]
        to.json({"files": files, "cost": cost})
    else:
        for path, _ in written:
            to.write(str(path), end="\n")
    to.note(dollars(cost))
