"""`openrouter-async demo`: the main job of the library, watched.

`run` is what a user of the library writes; `script` is what the emulator answers, and `demo` compares and draws.
"""

from .command import demo as demo

__all__ = ["demo"]
