"""A device over adb, and what is particular to Android."""
