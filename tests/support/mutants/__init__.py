"""Changes the package in one place at a time, and says which changes no test notices: `nox -s mutants -- 100 --seed 7`.

`drawing` draws the changes, `lines` notes which tests run each line, `nearest` chooses the tests of a change by that,
and `judging` runs them.
"""
