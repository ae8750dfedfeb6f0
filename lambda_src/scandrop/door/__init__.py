"""The upload door: what may be asked for, where that is sent, and what is told. `handler` is what Lambda calls."""
