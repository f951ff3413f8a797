"""An observer: prints the business tables of a receiver of examples/, read-only."""

from __future__ import annotations

import sqlite3
import sys

with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True) as db:
    for table in ("cases", "jobs"):
        print(table, *db.execute(f"select * from {table} order by 1, 2"), sep="\n")  # noqa: T201
