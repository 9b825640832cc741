"""Running a lineage again, and comparing what comes of it."""
