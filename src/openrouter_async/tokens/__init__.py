"""How many tokens there are in what is sent: estimated by family of tokenizers, corrected by usage, or counted."""
