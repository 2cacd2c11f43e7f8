"""Many prompts: asked a bounded number at a time, kept in a journal, within a budget.

`run` has the workers; `item_source` gives them items, `item_runner` gets the result of one, `result_queue` hands it
over. `item_records` keeps what was answered, in a `journal` and the file of those `in_flight`; `stats` counts.
"""
