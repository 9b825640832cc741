"""What the models do, one file a task."""
