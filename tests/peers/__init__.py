"""The emulator judged by clients that are not ours, each in an environment of its own; `nox -s peers` makes them."""
