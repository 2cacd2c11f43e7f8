"""Software that is not ours, at work with the emulator; `nox -s judges` makes an environment for each judge."""
