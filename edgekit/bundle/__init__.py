"""What lies in a bundle beside its model: records of what was measured, written and read here."""
