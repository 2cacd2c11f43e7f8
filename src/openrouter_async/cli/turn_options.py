"""The options that `ask` and `chat` share: which model answers, how, with which tools, and whether it is logged."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import Parameter, Token
from pydantic import JsonValue

from ..conversation.history import History
from ..errors import ConfigurationError
from ..tools.settings import RunParams
from .common import Raw, System
from .files import read_text
from .parameters import request_params
from .remembered import Remembered
from .settings import Settings, chosen_model, read_settings
from .templates import Template, read_template
from .tools_given import tools_of

__all__ = ["Decided", "TurnOptions"]


def _words(_: object, tokens: Sequence[Token]) -> list[str]:
    """Take names and values as they are: what looks like JSON is read with the type of the parameter."""
    return [token.value for token in tokens]


def _pairs(words: Sequence[str] | None) -> list[tuple[str, str]]:
    return list(zip((words or ())[::2], (words or ())[1::2], strict=True))


@dataclass(frozen=True, kw_only=True)
class TurnOptions:
    """As they are given."""

    model: Annotated[
        str | None,
        Parameter(
            name=["--model", "-m"],
            help="The model, such as openai/gpt-5-mini, or an alias. Default: that of the conversation that is"
            " continued, of OPENROUTER_MODEL, of your settings, or of your account.",
        ),
    ] = None
    system: System = None
    attach: Annotated[
        list[str] | None,
        Parameter(
            name=["--attach", "-a"],
            help="An image, audio, video or document: a file, a URL, or with `ask` - for standard input; may be"
            " repeated.",
        ),
    ] = None
    template: Annotated[
        str | None, Parameter(name=["--template", "-t"], help="A template, which `templates list` shows.")
    ] = None
    param: Annotated[
        list[str] | None,
        Parameter(
            name=["--param", "-p"],
            help="A variable of the template, and its value; may be repeated.",
            converter=_words,
            n_tokens=2,
            json_list=False,
            json_dict=False,
        ),
    ] = None
    option: Annotated[
        list[str] | None,
        Parameter(
            name=["--option", "-o"],
            help="Any parameter of the request, and its value: text, or JSON; may be repeated."
            " A dot leads into an object: -o provider.sort price.",
            converter=_words,
            n_tokens=2,
            json_list=False,
            json_dict=False,
        ),
    ] = None
    reasoning: Annotated[
        Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None,
        Parameter(help="How much the model thinks before it answers."),
    ] = None
    web: Annotated[
        bool, Parameter(name="--web", negative="", show_default=False, help="Let the model search the web.")
    ] = False
    tool: Annotated[
        list[str] | None,
        Parameter(
            name=["--tool", "-T"],
            help="A function that the model may call, as module:function; the module may be in this directory.",
        ),
    ] = None
    mcp: Annotated[
        list[str] | None,
        Parameter(help="A server of tools: the command that starts it, or its URL; may be repeated."),
    ] = None
    yes: Annotated[
        bool,
        Parameter(name=["--yes", "-y"], negative="", show_default=False, help="Run tools without asking."),
    ] = False
    continues: Annotated[
        bool,
        Parameter(
            name=["--continue", "-c"], negative="", show_default=False, help="Continue the last conversation."
        ),
    ] = False
    conversation: Annotated[
        str | None,
        Parameter(
            name=["--conversation", "--cid"],
            help="Continue the conversation with this id, or whose id begins so; `logs show` prints it.",
        ),
    ] = None
    no_log: Annotated[
        bool,
        Parameter(
            name=["--no-log", "-n"], negative="", show_default=False, help="Do not log prompts and answers."
        ),
    ] = False
    raw: Raw = False

    def decide(self) -> Decided:
        """Return them together with the template and the settings; an option counts most, a setting least.

        Raises:
            ConfigurationError: one of them is wrong.
        """
        settings = read_settings()
        template = Template() if self.template is None else read_template(self.template)
        variables = dict(_pairs(self.param))
        if variables and self.template is None:
            raise ConfigurationError("--param is for the variables of a template; name one with --template")
        system = None if self.system is None else read_text(self.system, "--system")
        params, extra_body = request_params([*template.options.items(), *_pairs(self.option)], self.reasoning)
        tools = tools_of(self.tool or (), self.mcp or (), web=self.web, ask=not self.yes)
        if tools:
            params["tools"] = tools
        chosen = self.model or template.model
        return Decided(
            settings=settings,
            template=template,
            variables=variables,
            model=chosen and settings.aliases.get(chosen, chosen),
            system=system if system is not None else template.system_with(variables),
            params=params,
            extra_body=extra_body,
            raw=self.raw or not settings.markdown,
            logs=settings.log and not self.no_log,
        )

    def past(self, kept: Remembered) -> History | None:
        """Return the conversation that is continued; None: another begins.

        Raises:
            ConfigurationError: it is not in the log.
        """
        if self.conversation is not None:
            return kept.one(self.conversation)
        return kept.last() if self.continues else None


@dataclass(frozen=True, kw_only=True)
class Decided:
    """The options, with the template and the settings applied."""

    settings: Settings
    template: Template
    variables: Mapping[str, str]
    model: str | None
    """The model that was named; see `model_for`."""
    system: str | None
    """The system prompt that was given; see `system_for`."""
    params: RunParams
    extra_body: Mapping[str, JsonValue]
    raw: bool
    logs: bool

    def model_for(self, *, continues: bool) -> str | None:
        """Return the model; a conversation that is continued keeps its own, unless one was named."""
        if self.model is not None or continues:
            return self.model
        return chosen_model(os.environ.get("OPENROUTER_MODEL"))

    def system_for(self, *, continues: bool) -> str | None:
        """Return the system prompt; a conversation that is continued keeps its own, unless one was given."""
        return self.system if self.system is not None or continues else self.settings.system
