"""Fuzzing: what reads bytes of others is fed bytes of no one.

`targets.py` says for each reader what must hold whatever it is fed. `test_targets.py` runs all of them on the corpus,
and on some made-up inputs, in the normal suite. `nox -s fuzz -- SECONDS` (`python -m tests.fuzz`) does it for longer.
An input that breaks something is kept in `corpus/`, so it is a test from then on.
"""
