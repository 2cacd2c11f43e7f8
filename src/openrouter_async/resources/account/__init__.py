"""The account: its keys, its credits, what it used, the billed records of its calls, and keys that users give."""
