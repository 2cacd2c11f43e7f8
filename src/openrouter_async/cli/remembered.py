"""`Remembered`: what `ask` and `chat` keep in the log, and continue from it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from uuid import uuid4

from ..conversation.history import History
from ..errors import ConfigurationError
from ..tools.result import Run
from ..types.common import JsonObject
from .output import Output
from .prompt_log import Logged, PromptLog

__all__ = ["Remembered", "text_of"]


class Remembered:
    """One conversation in the log."""

    def __init__(self, output: Output, command: str, *, writes: bool) -> None:
        self._output = output
        self._command = command
        self._writes = writes
        self._log = PromptLog()
        self._id = uuid4().hex

    def last(self) -> History:
        """Return the conversation that was continued last; later answers join it.

        Raises:
            ConfigurationError: the log has no conversation.
        """
        found = self._log.last_conversation()
        if found is None:
            raise ConfigurationError(
                "there is no conversation to continue; the log is empty, or logging is off"
            )
        return self._join(found)

    def one(self, id: str) -> History:
        """Return the conversation with this id, or whose id alone begins so; later answers join it.

        Raises:
            ConfigurationError: the log has none, or several.
        """
        found = self._log.conversation(id) if id else None
        if found is None:
            raise ConfigurationError(
                f"--cid is {id!r}; expected the id of a conversation, or its beginning, as logs show prints it"
            )
        return self._join(found)

    def _join(self, found: tuple[str, str]) -> History:
        self._id, history = found
        return History.from_json(history)

    def begin_anew(self) -> None:
        """Let what follows be another conversation."""
        self._id = uuid4().hex

    def add(self, history: History, run: Run[object] | None = None) -> None:
        """Log the last turn of a conversation; where that is impossible, say so, since the answer is there anyway."""
        if not self._writes or not history.turns:
            return
        turn = history.turns[-1]
        reply = None if run is None else run.completion
        usage = turn.usage
        logged = Logged(
            conversation=self._id,
            command=self._command,
            model=history.model if reply is None else reply.model or history.model,
            system=None if history.system is None else text_of([history.system]),
            prompt=text_of(turn.asked),
            answer=text_of(message for message in turn.answered if message.get("role") == "assistant"),
            tokens=usage.total_tokens,
            cost=None if usage.cost is None else str(usage.cost),
            generation=None if reply is None else reply.generation_id,
            is_whole=run is not None,
        )
        try:
            self._log.add(logged, history.model_dump_json(), now=time.time())
        except ConfigurationError as error:
            self._output.warn(str(error))


def text_of(messages: Iterable[JsonObject]) -> str:
    """Return the text of messages, with the kind of each other part, such as `[image]`, in its place."""
    parts: list[str] = []
    for message in messages:
        content = message.get("content")
        if isinstance(content, str):
            parts.append(content)
        elif isinstance(content, list):
            parts += [_part(part) for part in content if isinstance(part, Mapping)]
    return "\n\n".join(part for part in parts if part)


def _part(part: Mapping[str, object]) -> str:
    text = part.get("text")
    return text if isinstance(text, str) else f"[{str(part.get('type', 'part')).removesuffix('_url')}]"
