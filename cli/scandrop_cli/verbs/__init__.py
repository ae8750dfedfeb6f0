"""One module per verb of ``scandrop``; what a verb is made of lies a folder above."""
