"""The emulated models: requests are checked, replies made, counted, priced, and written as the service writes them."""
