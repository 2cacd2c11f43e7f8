"""What the fault server plays: short functions, a module for each section of the rows."""
