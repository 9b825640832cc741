"""The machine: what it is, its state, and what else it does."""
