"""Several models for one question: one after the other (`completer`), or all of them (`compare`)."""
