"""`python -m tests.faults`: the process of the fault server."""

from tests.faults.server import main

main()
