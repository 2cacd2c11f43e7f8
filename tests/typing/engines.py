"""Example calls of prompts on engines, which only type checkers read."""

from __future__ import annotations

from typing import assert_type

from pydantic import BaseModel

from openrouter_async import Prompt
from openrouter_async.dask import DaskFrame
from openrouter_async.dask import Prompt as DaskPrompt
from openrouter_async.ray import Prompt as RayPrompt
from openrouter_async.ray import PromptActor


class City(BaseModel):
    name: str


class Frame:
    """Of some library."""


def prompts(frame: Frame, partitions: DaskFrame[Frame]) -> None:
    prompt = Prompt("{a}", output=City, model="x/y", temperature=0, concurrency=8)
    assert_type(prompt(frame), Frame)
    assert_type(DaskPrompt("{a}", system="{b}", output=list[int]).meta(partitions), Frame)
    assert_type(RayPrompt("{a}", output={"type": "object"}, model="x/y", max_tokens=5), type[PromptActor])
    RayPrompt("{a}", tempreature=0)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Prompt("{a}", budget=[])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
