"""Holds a device's lock for a host: `python -c THIS FOLDER HOLDER PATIENCE`.

Answers one line of JSON, then holds the kernel's lock on FOLDER/lock until stdin is closed, or has been silent for
PATIENCE seconds: a host that sleeps, or whose link is gone without a word, locks nobody out. Any Python from 2.7 on
can run it, so that an old one is named in the refusal.
"""

import fcntl
import json
import os
import select
import sys

folder, holder, patience = sys.argv[1], sys.argv[2], float(sys.argv[3])
held_by = failed = None
try:
    while True:
        lock = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT, 0o600)  # noqa: PTH118  Python 2
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (IOError, OSError):  # noqa: UP024  two errors in Python 2
            # of what another holder wrote down, no more than a line is passed on
            held_by = os.read(lock, 200).decode("utf-8", "replace")
            break
        # one who made the folder for nothing removes the file at its end; a lock on that holds nobody off
        if os.fstat(lock).st_nlink:
            os.ftruncate(lock, 0)
            os.write(lock, holder.encode("utf-8"))
            break
        os.close(lock)
except (IOError, OSError) as error:  # noqa: UP024
    failed = str(error)
sys.stdout.write(json.dumps({"version": list(sys.version_info[:3]), "held_by": held_by, "failed": failed}) + "\n")
sys.stdout.flush()
while held_by is None and failed is None:
    ready, _, _ = select.select([0], [], [], patience)
    if not ready or not os.read(0, 4096):
        break
