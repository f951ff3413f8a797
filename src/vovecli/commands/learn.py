"""`vove learn`: what genuine deliveries look like, written as sections of `vove.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from vovecli.adapters import files
from vovecli.commands.history import find_records
from vovecli.core.errors import VoveError
from vovecli.core.learning import Genuine, Lesson, learn
from vovecli.core.outcomes.verdicts import Verified
from vovecli.core.webhook_headers import read_webhook_headers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vovecli.commands.verify import Judge
    from vovecli.core.outcomes.verdicts import SourceResult

BEGIN = "# --- learned by `vove learn --write`; it replaces what is between these two lines ---"
END = "# --- end of what was learned ---"


class LearnedEvents(NamedTuple):
    """What came of it.

    Attributes:
        lessons: One per event.
        verified: How many requests were genuine, and so learned from.
        refused: How many were not.
        left_out: Deliveries of events that too few people had, or that have no certain name.
    """

    lessons: Sequence[Lesson]
    verified: int
    refused: int
    left_out: Mapping[str, int]


def learn_from(results: Iterable[SourceResult], judge: Judge) -> LearnedEvents:
    """Learn from what is genuine among results.

    Raises:
        VoveError: Of the first source that cannot be read; `nothing-to-learn`.
    """
    genuine, verified, refused = [], 0, 0
    for result in results:
        if isinstance(result, VoveError):
            raise result
        if not isinstance(result, Verified):
            continue
        if not result.verdict.valid:
            refused += 1
            continue
        verified += 1
        if event := result.verdict.event:
            headers = read_webhook_headers(result.request).family
            genuine.append(Genuine(event, headers, result.verdict.message_id or ""))
    lessons, left_out = learn(genuine, judge.catalogue)
    if not verified:
        raise VoveError(
            "nothing-to-learn",
            f"none of {refused} requests is verified by the secret in force"
            if refused
            else "the history has no received delivery to learn from",
            hint="give the secret of the endpoint that received them: --secret-file PATH",
        )
    return LearnedEvents(lessons, verified, refused, left_out)


def received(judge: Judge) -> Iterator[SourceResult]:
    """What the history has received and kept whole, with its verdicts by the secret in force.

    Raises:
        VoveError: `history-unusable`.
    """
    for record in find_records(direction="received"):
        if record.body_sha256 is None:
            yield judge.verified("history", record.number, record.request)


def write_learned(path: Path, text: str) -> None:
    """Put the sections into a `vove.toml`, in the place of those written there before.

    Raises:
        VoveError: `bad-settings` where the file would no longer be TOML; it is left as it was.
    """
    before = files.read_bytes(str(path)).decode() if path.exists() else ""
    head, begin, rest = before.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if begin and not end:
        raise _unusable(path, "the line that ends what was learned is missing", "put it back")
    kept = head.rstrip("\n") + "\n\n" if head.strip() else ""
    after = f"{kept}{BEGIN}\n\n{text}\n{END}\n{tail.lstrip(chr(10))}"
    try:
        tomllib.loads(after)
    except tomllib.TOMLDecodeError as error:
        raise _unusable(path, f"with what was learned it is not TOML: {error}", _CLASH) from None
    files.rewrite(path, after.encode())


_CLASH = "remove the [events] sections of the same names that are outside the two lines"


def _unusable(path: Path, why: str, hint: str) -> VoveError:
    return VoveError("bad-settings", f"{path}: {why}", hint=hint, source=str(path))


def settings_file(origin: str) -> Path:
    """The project's `vove.toml`, or the one to be made in the working directory.

    Raises:
        VoveError: `bad-settings` where the project's settings are in its pyproject.toml.
    """
    if origin and Path(origin).name != "vove.toml":
        raise _unusable(
            Path(origin),
            "the settings are here, not in a vove.toml",
            "paste what vove learn prints",
        )
    return Path(origin or "vove.toml")
