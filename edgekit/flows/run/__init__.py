"""A recipe, from model and data to verdicts and packages."""
