"""The form `ai-sdk`, read by the `ai` package itself; `nox -s web` installs it."""
