"""Rules about the code as a whole: layers, purity, public names, and what an import loads."""
