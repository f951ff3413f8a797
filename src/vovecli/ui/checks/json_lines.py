"""A run of `vove check` as JSON lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.check_envelope import check_json, check_result_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vovecli.core.outcomes.checks import CheckReport, CheckResult


class JsonChecks:
    """A line per check as it finishes, the whole report last."""

    def __init__(self, emit: Callable[[Mapping[str, object]], None]) -> None:
        self._emit = emit

    def show(self, result: CheckResult) -> None:
        """One check has finished."""
        self._emit(check_result_json(result))

    def close(self, report: CheckReport) -> None:
        """The run has ended."""
        self._emit(check_json(report))
