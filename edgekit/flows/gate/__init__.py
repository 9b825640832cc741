"""Bundles against budgets."""
