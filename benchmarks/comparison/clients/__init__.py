"""One program per client, run by an interpreter that has its package."""
