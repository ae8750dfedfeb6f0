"""Samples of each lane's files, made up from a seed, and what is true of them."""
