"""`openrouter-async chat`: a conversation, line by line.

Lines are read without the event loop, so editing, history and Ctrl-C work as in every program; the loop runs while
the model writes, and Ctrl-C then stops only the answer.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from .._files import claim
from ..client import AsyncOpenRouter
from ..conversation.conversation import Conversation
from ..conversation.history import History
from ..conversation.settings import ConversationSettings
from ..errors import ConfigurationError, OpenRouterError
from ..types.chat.content_parts import Attachment
from ..types.chat.messages import MessagesLike, user
from .attachments import attachment
from .common import Emulated, Json, connect
from .ending import ended_by
from .exit_codes import DONE
from .files import read_saved, read_text, write_saved
from .output import Output, dollars, printable
from .remembered import Remembered
from .settings import alias_or
from .streams import notes, results
from .tools_given import Approvals
from .turn import Turn
from .turn_options import Decided, TurnOptions

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["chat"]

_NONE_GIVEN = TurnOptions()

HELP = '''\
/model NAME    continue with another model; without a name: show the model
/models WORDS  find models whose id or name contains all of the words
/system TEXT   set the instructions for the model: text, or @FILE; without a text: show them
/attach FILE   send a file, or what is at a URL, with the next message
/retry         ask the last question again
/undo          drop the last question and its answer
/new           start a new conversation; the file of the old one keeps it
/save FILE     keep the conversation in a file from now on
/cost          tokens and cost so far
/quit          quit, as Ctrl-D does
A line of """ starts a message of several lines, and ends it. Ctrl-C stops an answer
and keeps what came of it.'''

FENCE = '"""'
_COLOURED = "\x01\x1b[1;36m\x02{}\x01\x1b[0m\x02"
"""Readline must not count the text between \\x01 and \\x02 as columns."""
MODELS_SHOWN = 20


def chat(
    *,
    options: Annotated[TurnOptions, Parameter(name="*")] = _NONE_GIVEN,
    save: Annotated[
        Path | None,
        Parameter(help="Keep the conversation in this file; if it has one already, continue it."),
    ] = None,
    json: Json = False,
    emulator: Emulated = False,
) -> int:
    """Talk with a model. Each line is a message; /help lists the commands.

    Lines can be piped in, one message each; with --json each answer is one line of JSON.
    """
    output = Output(as_json=json)
    decided = options.decide()
    if save is not None and (options.continues or options.conversation is not None):
        raise ConfigurationError("--save and --continue or --cid both name a conversation; give one of them")
    kept = Remembered(output, "chat", writes=decided.logs)
    history = options.past(kept) if save is None else _read_history(save)
    attached = [attachment(given) for given in options.attach or ()]
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            client = runner.run(stack.enter_async_context(connect(output, emulated=emulator)))
            conversation = client.conversation(
                model=decided.model_for(continues=history is not None),
                system=decided.system_for(continues=history is not None),
                history=history,
                extra_body=decided.extra_body,
            )
            return _Session(output, runner, client, conversation, save, decided, kept, attached).run()
        finally:
            runner.run(stack.aclose())


def _read_history(path: Path) -> History | None:
    """Return the conversation in a file; None if the file does not exist yet, but can be created.

    Raises:
        ConfigurationError: it cannot be read, contains something else, or could not be written.
    """
    text = read_saved(path)
    claim(path, is_ours=lambda path: True)  # what is there is read as a conversation below
    if not text:
        return None
    try:
        return History.from_json(text)
    except ConfigurationError as error:
        raise ConfigurationError(f"{str(path)!r} contains no conversation: {error}") from error


class _Quit(Exception):
    """The person has had enough."""


class _Session:
    """A conversation between one person and one model."""

    def __init__(
        self,
        output: Output,
        runner: asyncio.Runner,
        client: AsyncOpenRouter,
        conversation: Conversation,
        path: Path | None,
        decided: Decided,
        kept: Remembered,
        attached: list[Attachment],
    ) -> None:
        self._output = output
        self._runner = runner
        self._client = client
        self._conversation = conversation
        self._path = path
        self._decided = decided
        self._kept = kept
        self._attached = attached
        """The attachments of the next message."""
        self._decide = Approvals(output)
        self._is_interactive = sys.stdin.isatty()

    def run(self) -> int:
        """Read and answer until the end; where nobody watches, a failure ends it, and decides the exit code."""
        turns = len(self._conversation.turns)
        if turns:
            self._output.note(f"going on after {_turns(turns)}")
        if self._is_interactive:
            self._output.note(f"{self._model} · /help lists commands, Ctrl-D ends")
        for line in self._lines():
            try:
                if line.startswith("/"):
                    self._obey(*line.split(maxsplit=1))
                else:
                    self._say_to_model(line)
            except _Quit:
                break
            except OpenRouterError as error:
                if not self._is_interactive:
                    raise
                self._output.warn(str(error))
        return DONE

    @property
    def _model(self) -> str:
        return self._conversation.history.model or "the account's default model"

    # Reading

    def _lines(self) -> Iterator[str]:
        if self._is_interactive:
            with suppress(ImportError):  # Windows has none, and its terminal edits by itself
                import readline  # noqa: F401  # gives `input` editing and history
        while True:
            try:
                line = self._read("you> ").strip()
                message = self._block() if line == FENCE else line
            except EOFError:
                self._new_line()
                return
            except KeyboardInterrupt:
                if not self._is_interactive or ended_by() is not None:
                    raise
                self._new_line()
                continue
            if message:
                yield message

    def _read(self, prompt: str) -> str:
        if not self._is_interactive:
            try:
                line = sys.stdin.readline().removeprefix("\ufeff")
            except UnicodeDecodeError as error:
                raise ConfigurationError(f"standard input is not {error.encoding.upper()} text") from error
            if not line:
                raise EOFError
            return line.rstrip("\n")
        if self._output.is_terminal:
            return input(_COLOURED.format(prompt) if self._output.has_colour else prompt)
        notes.write(prompt)  # `input` would write it among the answers
        notes.flush()
        return input()

    def _block(self) -> str:
        lines: list[str] = []
        while (line := self._read("...> ")).strip() != FENCE:
            lines.append(line)
        return "\n".join(lines).strip()

    def _new_line(self) -> None:
        if self._is_interactive:
            print(file=results if self._output.is_terminal else notes)

    # Answering

    def _say_to_model(self, line: str) -> None:
        text = self._decided.template.prompt_with(line, self._decided.variables)
        self._answer(self._conversation, [user(text, *self._attached)])
        self._attached = []

    def _answer(self, conversation: Conversation, message: MessagesLike) -> None:
        """Print the answer, and continue the conversation that contains it; keep half an answer if it is stopped."""
        turn = Turn(self._output, raw=self._decided.raw, decide=self._decide)
        before = len(conversation.turns)
        try:
            run = self._runner.run(turn.ask(conversation, message, self._decided.params))
        except KeyboardInterrupt:
            is_kept = self._keep_half(conversation, before)
            if not self._is_interactive or ended_by() is not None:
                raise
            what = "the question and the partial answer are kept" if is_kept else "nothing was answered yet"
            self._output.note(f"stopped; {what}")
            return
        except OpenRouterError:
            self._keep_half(conversation, before)
            raise
        self._conversation = conversation
        self._save()
        self._kept.add(conversation.history, run)
        usage = run.usage
        if self._output.as_json:
            facts = {
                "text": run.text,
                "model": run.completion.model,
                "usage": usage.model_dump(exclude_none=True),
            }
            self._output.json(facts)
        self._output.note(
            f"{run.completion.model} · {usage.total_tokens or 0} tokens · {dollars(usage.cost)}"
        )
        if not self._output.as_json:
            self._new_line()

    def _keep_half(self, conversation: Conversation, before: int) -> bool:
        """Go on with a question whose answer was left or broke off, if anything of it had come."""
        if len(conversation.turns) <= before:
            return False
        self._conversation = conversation
        self._save()
        self._kept.add(conversation.history)
        return True

    def _new_conversation(self, **settings: Unpack[ConversationSettings]) -> Conversation:
        settings["extra_body"] = self._decided.extra_body
        return self._client.conversation(**settings)

    # Commands

    def _obey(self, command: str, argument: str = "") -> None:
        match command:
            case "/help":
                self._say(HELP)
            case "/model":
                if argument:
                    self._conversation = self._new_conversation(
                        model=alias_or(argument), history=self._conversation.history
                    )
                self._say(self._model)
            case "/models" if argument:
                self._list_models(argument)
            case "/system":
                if argument:
                    self._conversation = self._new_conversation(
                        system=read_text(argument, "/system"), history=self._conversation.history
                    )
                told = self._conversation.history.system
                self._say("there is no system message" if told is None else str(told["content"]))
            case "/attach" if argument:
                self._attached.append(attachment(argument))
                self._say(f"{len(self._attached)} attached to the next message")
            case "/retry":
                self._retry()
            case "/undo":
                if not self._conversation.turns:
                    raise ConfigurationError("there is no question to drop")
                self._conversation.undo()
                self._save()
                self._say(f"dropped; {_turns(len(self._conversation.turns))} left")
            case "/new":
                past = self._conversation.history.first(0)
                self._conversation = self._new_conversation(history=past)
                self._kept.begin_anew()
                kept = "" if self._path is None else f"; the old conversation stays in {self._path}"
                self._path = None
                self._say(f"begun anew{kept}")
            case "/save" if argument:
                path = Path(argument).expanduser()
                claim(path, is_ours=lambda path: path == self._path)
                self._path = path
                self._save()
                self._say(f"kept in {self._path}")
            case "/cost":
                usage = self._conversation.usage
                self._say(f"{usage.total_tokens or 0} tokens, {dollars(usage.cost)}")
            case "/quit" | "/exit":
                raise _Quit
            case _:
                raise ConfigurationError(
                    f"{command!r} is not a command, or lacks its argument; /help lists the commands"
                )

    def _list_models(self, words: str) -> None:
        found = self._runner.run(self._client.models.search(words, output_modalities="text"))
        more = f"\n... and {len(found) - MODELS_SHOWN} more" if len(found) > MODELS_SHOWN else ""
        self._say(
            "\n".join(model.id for model in found[:MODELS_SHOWN]) + more if found else "no model was found"
        )

    def _retry(self) -> None:
        """Send the last question again, in a copy, so a failure changes nothing."""
        turns = self._conversation.turns
        if not turns:
            raise ConfigurationError("there is no question to ask again")
        again = self._conversation.fork()
        again.undo()
        self._answer(again, turns[-1].asked)

    def _save(self) -> None:
        if self._path is not None:
            write_saved(self._path, self._conversation.model_dump_json(indent=2))

    def _say(self, text: str) -> None:
        """Print the output of a command, which is separate from answers."""
        print(printable(text), file=results if self._output.is_terminal else notes)


def _turns(count: int) -> str:
    return "1 turn" if count == 1 else f"{count} turns"
