"""The nouns as validated types: targets, budgets, plans, measurements, devices."""
