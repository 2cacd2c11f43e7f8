"""Functions that a model may call, and runs: the loop between a model and its tools."""
