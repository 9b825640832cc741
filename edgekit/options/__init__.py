"""What commands, recipes and Python calls may be told."""
