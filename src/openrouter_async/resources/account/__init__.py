"""The account: its keys, credits and usage, the billing records of its calls, and keys from users."""
