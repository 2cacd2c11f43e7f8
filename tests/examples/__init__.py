"""The programs of examples/, each run as its header says, on the emulator."""
