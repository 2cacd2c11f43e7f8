"""Many prompts: sent a limited number concurrently, recorded in a journal, within a budget.

`run` has the workers; `item_source` supplies items, `item_runner` gets the result of one, `result_queue` passes it to
the reader. `item_records` stores the answers, in a `journal` and the file of those `in_flight`; `stats` counts.
"""
