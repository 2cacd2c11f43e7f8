"""Many prompts: asked a bounded number at a time, kept in a journal, within a budget.

`items` says what is asked, `run` asks it, `journal` remembers what was answered, `accounts` counts and `budget` pays.
"""
