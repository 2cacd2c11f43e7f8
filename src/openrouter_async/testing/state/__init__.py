"""What an emulator remembers: keys, money, models, the script, and what it answered."""
