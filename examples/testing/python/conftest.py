"""Loads the receivers of examples/receivers; your project says `from app import app` instead."""

from __future__ import annotations

import importlib.util
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

RECEIVERS = Path(__file__).parents[2] / "receivers"


@pytest.fixture(scope="session")
def receiver(vove_secret_env, tmp_path_factory):
    def load(name):
        database = tmp_path_factory.mktemp(name) / "webhooks.db"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DATABASE", str(database))
            spec = importlib.util.spec_from_file_location(
                f"{name}_app", RECEIVERS / name / "app.py"
            )
            sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        with closing(sqlite3.connect(database)) as db:
            db.executescript(module.SCHEMA)
        return module

    return load
