"""An observer: prints the business tables of a receiver of examples/, read-only.

Nothing where there is no database yet: some make it at their first delivery.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path


def database(place: Path) -> Path:
    """The SQLite file: the place itself, or the one for a Worker's D1 in the folder of that name."""
    kept = place.glob("v3/d1/*/*.sqlite")
    return next((one for one in kept if one.name != "metadata.sqlite"), place)


if __name__ == "__main__" and (file := database(Path(sys.argv[1]))).is_file():
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        made = [name for (name,) in db.execute("select name from sqlite_master")]
        for table in ("cases", "jobs"):
            rows = db.execute(f"select * from {table} order by 1, 2") if table in made else ()
            print(table, *rows, sep="\n")  # noqa: T201
