"""What several clients make of the same bad days: the table of README.md, measured."""
