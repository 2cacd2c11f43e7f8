"""`python -m openrouter_async`, and the command `openrouter-async`.

It imports only what is part of the interpreter, and so does the package: until `main` runs, Ctrl-C prints a traceback.
"""

# What `signal` wraps; that one takes as long to load as all that is loaded before.
import _signal as signal  # type: ignore[import-not-found]  # it has no types
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; a mistake of the user is one line on standard error, and exit code 2.

    Ctrl-C before and after the command has nothing to undo, so the system ends the process: without a traceback.
    """
    may_interrupt = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if may_interrupt:  # not where a shell started it in the background
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from ._extras import needs_extra
    from .errors import ConfigurationError

    match sys.argv[1:]:  # asked by a shell at each press of a key, so these load little
        case ["complete-models", *begin]:
            from .cli.known_models import complete

            print(*complete("".join(begin[:1])), sep="\n")
            return
        case ["complete-conversations", *begin]:
            from contextlib import suppress

            from .cli.prompt_log import PromptLog

            with suppress(ConfigurationError):  # the commands that need the log say what is wrong with it
                print(*PromptLog().conversation_ids("".join(begin[:1])), sep="\n")
            return
    try:
        with needs_extra("cli", "the command line"):
            from .cli.app import run
    except ConfigurationError as error:
        print(f"openrouter-async: {error}", file=sys.stderr)
        sys.exit(2)
    if may_interrupt:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    code = run(sys.argv[1:])
    if may_interrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(code)


if __name__ == "__main__":
    main()
