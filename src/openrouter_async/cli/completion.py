"""Scripts for the completion of commands, options and names of models and ids of conversations in bash, zsh and fish.

The first part of a script is that of cyclopts, for commands and options; the second asks the hidden commands
`complete-models` and `complete-conversations`, where one of them is expected.
"""

from __future__ import annotations

from typing import Literal

from cyclopts import App
from cyclopts.completion import detect_shell

__all__ = ["CommandLine"]

_MODELS_IN = {
    "bash": r"""
_openrouter_async_models() {
  # A name has colons, at which bash breaks words, so the line is read here.
  local line="${COMP_LINE:0:COMP_POINT}" current before names
  current="${line##*[[:space:]]}"
  before="${line%"$current"}"
  before="${before%"${before##*[![:space:]]}"}"
  case "${before##*[[:space:]]}" in
    -m|--model) names=complete-models ;;
    --cid|--conversation) names=complete-conversations ;;
    *) _openrouter_async; return ;;
  esac
  local IFS=$'\n'
  COMPREPLY=($("${COMP_WORDS[0]}" $names "$current" 2>/dev/null))
  case "$current" in
    *:*) COMPREPLY=("${COMPREPLY[@]#"${current%"${current##*:}"}"}") ;;
  esac
}

complete -F _openrouter_async_models openrouter-async orai
""",
    "zsh": r"""
_openrouter_async_models() {
  local names
  case ${words[CURRENT-1]} in
    -m|--model) names=complete-models ;;
    --cid|--conversation) names=complete-conversations ;;
    *) _cyclopts_openrouter-async "$@"; return ;;
  esac
  local -a found
  found=("${(@f)$(${words[1]} $names "$PREFIX" 2>/dev/null)}")
  compadd -U -a found
}

if [[ ${funcstack[1]} == _*openrouter-async ]]; then
  _openrouter_async_models "$@"
else
  compdef _openrouter_async_models openrouter-async orai
fi
""",
    "fish": r"""
complete -c openrouter-async -s m -l model -x -a '(openrouter-async complete-models (commandline -ct) 2>/dev/null)'
set -l conversations '(openrouter-async complete-conversations (commandline -ct) 2>/dev/null)'
complete -c openrouter-async -l cid -x -a $conversations
complete -c openrouter-async -l conversation -x -a $conversations
complete -c orai -w openrouter-async
""",
}
"""What completes these in each shell."""


class CommandLine(App):
    """An app whose scripts complete names of models and ids of conversations too."""

    def generate_completion(
        self,
        *,
        prog_name: str | None = None,
        shell: Literal["zsh", "bash", "fish", "powershell"] | None = None,
    ) -> str:
        """Return the script for a shell; without one, for that which runs the command."""
        shell = shell or detect_shell()
        return super().generate_completion(prog_name=prog_name, shell=shell) + _MODELS_IN.get(shell, "")
