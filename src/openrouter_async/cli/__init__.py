"""The command `openrouter-async` (extra `cli`): one file for each command; `app` joins them."""
