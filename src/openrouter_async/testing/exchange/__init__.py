"""What passes between the emulator and a client: the answer as parts, its errors, and how it is sent."""
