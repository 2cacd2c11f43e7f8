"""The memory of an emulator: keys, money, models, the script, and its answers."""
