"""A bundle as a function from text to label or text."""
