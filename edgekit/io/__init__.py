"""Files, hashes, disks, signals and progress: nothing of the field."""
