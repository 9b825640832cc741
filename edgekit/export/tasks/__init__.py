"""What an export does for one task alone, one file a task."""
