"""Answers images, speech, transcriptions, ranks and decisions; each is judged by the facts first, and is billed.

The answers depend on the seed and on the request alone.
"""

from __future__ import annotations

import base64
import re
import time
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

from pydantic import JsonValue

from ... import operations as ops
from ..exchange.forms import file_bytes
from ..exchange.responses import COMMENT, EmulatedResponse, Part, encode, event, plain
from ..exchange.service_errors import bad_request
from ..facts.judging import judge_request
from ..facts.table import Facts
from ..json_values import JSON, as_list, as_object
from ..received import ReceivedRequest
from ..state.accounting import Usage
from ..state.generations import Generation
from ..state.keys import EmulatedKey
from ..state.models import ListedModel
from ..state.state import State
from .samples import SAMPLE_RATE, point, silence

__all__ = ["MediaService", "judge"]

IMAGE_PRICE = Decimal("0.04")
"""US dollars an image."""
SPEECH_PRICE = Decimal("0.000015")
"""US dollars a character."""
HEARING_PRICE = Decimal("0.0001")
"""US dollars a second."""
SEARCH_PRICE = Decimal("0.001")
"""US dollars a ranking, and a decision."""

_NOTHING = Usage(prompt=0, completion=0)
_ASKED = ListedModel({"id": "", "pricing": {"prompt": "1", "completion": "1"}})
"""Stands for a model that is not free."""


def judge(facts: Facts, operation: ops.Operation, request: ReceivedRequest) -> JSON:
    """Return the body of a request that is in order.

    Raises:
        ServiceError: 400; the facts refuse it.
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    known = facts.operations[operation.spec_id or ""]
    wrong = judge_request(
        facts,
        known,
        path={},
        query=request.query_items,
        headers=request.headers,
        body=request.body,
        content_type=kind,
    )
    if wrong:
        raise bad_request(f"{wrong[0].where.partition('.')[2] or wrong[0].where}: {wrong[0].detail}")
    return as_object(request.body)


class MediaService:
    """The media of one emulator."""

    def __init__(self, state: State, facts: Facts, seed: int) -> None:
        self._state = state
        self._facts = facts
        self._seed = seed

    def images(self, request: ReceivedRequest, key: EmulatedKey) -> EmulatedResponse:
        """Return pictures of one point."""
        body = judge(self._facts, ops.CREATE_IMAGES, request)
        count = body.get("n")
        count = count if isinstance(count, int) else 1
        pictures = [
            base64.b64encode(point(self._random("images", body.get("prompt"), n))).decode()
            for n in range(count)
        ]
        cost = IMAGE_PRICE * count
        tokens = 4_175 * count
        usage: JSON = dict.fromkeys(("completion_tokens", "total_tokens"), tokens)
        usage |= {"prompt_tokens": 0, "cost": float(cost), "is_byok": False}
        made = self._made(body, cost, "gen-img-", Usage(prompt=0, completion=tokens))
        created = int(time.time())
        if body.get("stream") is not True:
            data: list[JsonValue] = [{"b64_json": each, "media_type": "image/png"} for each in pictures]
            return self._billed(plain({"created": created, "data": data, "usage": usage}), made, key)
        parts = [Part(COMMENT)]
        for picture in pictures:
            partial: JSON = {"type": "image_generation.partial_image", "b64_json": picture}
            parts += [event({**partial, "partial_image_index": index}) for index in range(2)]
            completed: JSON = {"type": "image_generation.completed", "b64_json": picture, "created": created}
            parts.append(event({**completed, "media_type": "image/png", "usage": usage}))
        parts.append(event("[DONE]"))
        head = {"content-type": "text/event-stream"}
        return self._billed(EmulatedResponse(headers=head, parts=tuple(parts), is_stream=True), made, key)

    def speech(self, request: ReceivedRequest, key: EmulatedKey) -> EmulatedResponse:
        """Return silence, as long as the text takes to say."""
        body = judge(self._facts, ops.CREATE_SPEECH, request)
        said = body.get("input")
        turns = [said] if isinstance(said, str) else [as_object(turn).get("text") for turn in as_list(said)]
        letters = sum(len(text) for text in turns if isinstance(text, str))
        kind = str(body.get("response_format") or "pcm")
        media_type = f"audio/pcm;rate={SAMPLE_RATE}" if kind == "pcm" else "audio/mpeg"
        parts = tuple(Part(piece) for piece in silence(letters / 15, kind))
        made = self._made(body, SPEECH_PRICE * letters, "gen-tts-", Usage(prompt=letters, completion=0))
        response = EmulatedResponse(headers={"content-type": media_type}, parts=parts)
        return self._billed(response, made, key)

    def transcription(self, request: ReceivedRequest, key: EmulatedKey) -> EmulatedResponse:
        """Return a sentence for a recording; `emulator.answer` sets another."""
        body = judge(self._facts, ops.CREATE_TRANSCRIPTION, request)
        sound = as_object(body.get("input_audio"))
        inline = sound.get("data") or sound.get("url") or body.get("source_url")
        data = file_bytes(body.get("file")) or str(inline).encode()
        seconds = round(max(1.0, len(data) / 16_000), 2)
        words = self._random("heard", len(data), data[:4_096].hex()).sample(_WORDS, 6)
        text = f"{' '.join(words).capitalize()}."
        cost = HEARING_PRICE * Decimal(str(seconds))
        answer: JSON = {"text": text, "usage": {"seconds": seconds, "cost": float(cost)}}
        if body.get("response_format") == "verbose_json":
            step = seconds / len(words)
            spoken: list[JsonValue] = [
                {"word": word, "start": round(n * step, 2), "end": round((n + 1) * step, 2)}
                for n, word in enumerate(words)
            ]
            segment: JSON = {"id": 0, "start": 0.0, "end": seconds, "text": text}
            answer |= {"task": "transcribe", "language": "en", "duration": seconds}
            answer |= {"words": spoken, "segments": [segment]}
        return self._billed(plain(answer), self._made(body, cost, "gen-stt-"), key)

    def rerank(self, request: ReceivedRequest, key: EmulatedKey) -> EmulatedResponse:
        """Return documents by the share of the query's words that they have."""
        body = judge(self._facts, ops.CREATE_RERANK, request)
        wanted = _words(str(body.get("query")))
        given = as_list(body["documents"])
        documents: list[JSON] = [each if isinstance(each, dict) else {"text": each} for each in given]
        scores = [len(wanted & _words(str(each.get("text", "")))) / max(1, len(wanted)) for each in documents]
        order = sorted(range(len(documents)), key=lambda place: -scores[place])
        most = body.get("top_n")
        results: list[JsonValue] = [
            {"index": place, "relevance_score": round(scores[place], 4), "document": documents[place]}
            for place in order[: most if isinstance(most, int) else None]
        ]
        usage: JSON = {"search_units": 1, "cost": float(SEARCH_PRICE)}
        made = self._made(body, SEARCH_PRICE, "gen-rerank-")
        answer: JSON = {"id": made.id, "model": body["model"], "provider": "Emulator", "results": results}
        return self._billed(plain({**answer, "usage": usage}), made, key)

    def decisions(self, request: ReceivedRequest, key: EmulatedKey) -> EmulatedResponse:
        """Return an answer to each question, by the seed."""
        body = judge(self._facts, ops.CREATE_DECISIONS, request)
        answers: JSON = {
            name: self._answer(as_object(question), self._random("decisions", encode(body["state"]), name))
            for name, question in as_object(body["questions"]).items()
        }
        usage: JSON = {"input_tokens": 20, "output_tokens": len(answers), "cost": float(SEARCH_PRICE)}
        made = self._made(body, SEARCH_PRICE, "gen-dec-")
        answer: JSON = {"id": made.id, "model": body["model"], "provider": "Emulator", "answers": answers}
        return self._billed(plain({**answer, "usage": usage}), made, key)

    def _answer(self, question: JSON, random: Random) -> JSON:
        kind, criteria = question["type"], question.get("criteria")
        confidence = round(random.uniform(0.5, 1), 3)
        if kind == "choice":
            names: list[JsonValue] = [*as_object(criteria)] or [""]
            return {"type": "choice", "choice": random.choice(names), "confidence": confidence}
        if kind == "score":
            score = float(random.randrange(max(1, len(as_list(criteria)))))
            return {"type": "score", "score": score, "confidence": confidence}
        if kind == "noul":
            return {"type": "noul", "noul": round(random.random(), 3)}
        left, top = random.uniform(0, 0.5), random.uniform(0, 0.5)
        box: JSON = {"left": left, "top": top, "right": left + 0.4, "bottom": top + 0.4}
        return {"type": "box", "box": box, "confidence": confidence}

    def _random(self, *what: object) -> Random:
        return Random(f"{self._seed} {what}")

    def _made(self, body: JSON, cost: Decimal, prefix: str, usage: Usage = _NOTHING) -> _Made:
        return _Made(self._state.new_id(f"{prefix}{int(time.time())}-"), str(body.get("model")), cost, usage)

    def _billed(self, response: EmulatedResponse, made: _Made, key: EmulatedKey) -> EmulatedResponse:
        """Return an answer that is charged once it is sent, and has a billed record then."""
        self._state.ledger.check_credit(key, _ASKED, prompt=0, max_tokens=None)

        def on_sent(_sent: int) -> None:
            self._state.ledger.spend(key, made.cost)
            record = Generation(
                id=made.id,
                model=made.model,
                provider="Emulator",
                usage=made.usage,
                cost=made.cost,
                streamed=response.is_stream,
                finish_reason="stop",
                key_digest=key.digest,
            )
            self._state.generations.add(record)

        return replace(response, generation_id=made.id, on_sent=on_sent)


@dataclass(frozen=True)
class _Made:
    """A billed result."""

    id: str
    model: str
    cost: Decimal
    usage: Usage


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


_WORDS = (
    "the", "lamp", "stands", "near", "a", "window", "and", "its", "light", "reaches", "every", "corner", "of", "this",
    "quiet", "room",
)  # fmt: skip
