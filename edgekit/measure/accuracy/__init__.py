"""What a model gets right, in figures."""
