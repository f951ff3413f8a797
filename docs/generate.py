"""Write docs/reference/ anew from the code: commands, events, causes, exit codes, settings.

`nox -s generate` runs it; a test holds the files equal to what it writes.
"""

from __future__ import annotations

import json
import re
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from vovecli.adapters.setting_keys import KEYS
from vovecli.cli.exit_codes import ExitCode
from vovecli.cli.group import COMMANDS, app, load_command
from vovecli.cli.session import Session
from vovecli.commands.handler import handlers
from vovecli.core.catalogue import EVENTS, LEGACY_EVENTS, PROVENANCES
from vovecli.core.codes import CAUSES, FINDINGS
from vovecli.core.codes.handlers import HANDLER_MISTAKES
from vovecli.core.conformance.suite import SUITE
from vovecli.core.payloads import sample_payload

if TYPE_CHECKING:
    from vovecli.core.catalogue import EventType

DOCS = Path(__file__).parent
RECEIVERS = DOCS.parent / "examples" / "receivers" / "README.md"
NOTE = "<!-- Written by docs/generate.py from the code: change it there. -->\n"
WIDTH = 100

EXIT_MEANINGS = {
    ExitCode.OK: "Done; the verdict is positive.",
    ExitCode.NEGATIVE: "A negative verdict: a delivery was refused (any status but 2xx), a signature is invalid, "
    "a check failed or could not be judged.",
    ExitCode.USAGE: "The command line is wrong.",
    ExitCode.INPUT: "Input, configuration or a local resource: a secret that is missing or malformed, an unreadable "
    "capture, a bad `vove.toml`, a port in use.",
    ExitCode.UNREACHABLE: "The endpoint is unreachable, or gave no answer in time.",
    ExitCode.TUNNEL: "The tunnel failed.",
    ExitCode.BUG: "A bug of ours: one line that says where the details are.",
    ExitCode.INTERRUPTED: "Interrupted (Ctrl-C); cleaned up, summary printed.",
    ExitCode.TERMINATED: "Terminated (SIGTERM); cleaned up, summary printed.",
    ExitCode.BROKEN_PIPE: "The reader of standard output went away.",
}
GROUPS = {
    "headers": "Headers",
    "age": "Age",
    "version": "Version of the signature",
    "form": "Form of the signature",
    "key": "Key",
    "content": "Signed content",
    "body": "Body",
    "rest": "What remains",
    "sample": "The provider's illustration",
    "secret": "The secret given (exit 3)",
    "capture": "The capture (exit 3)",
}


def pages() -> dict[Path, str]:
    """Every generated file with its text."""
    reference = DOCS / "reference"
    return {
        reference / "commands.md": commands(),
        reference / "events.md": events(),
        reference / "causes.md": causes(),
        reference / "checks.md": checks(),
        reference / "exit-codes.md": exit_codes(),
        DOCS / "guides" / "configuration.md": configuration(),
        RECEIVERS: receivers(),
    }


def commands() -> str:
    """The help page of every command and subcommand."""
    parts = [f"# Commands\n\n{NOTE}"]
    root = typer.main.get_command(app)
    with root.make_context("vove", [], obj=Session()) as ctx:
        parts.append(_help("vove", root, ctx))
        for name in COMMANDS:
            command = load_command(name)
            with type(ctx)(command, info_name=name, parent=ctx, max_content_width=WIDTH) as inner:
                parts.append(_help(f"vove {name}", command, inner))
                for sub, subcommand in getattr(command, "commands", {}).items():
                    with type(ctx)(subcommand, info_name=sub, parent=inner) as innermost:
                        parts.append(_help(f"vove {name} {sub}", subcommand, innermost))
    return "\n".join(parts)


def _help(title: str, command: object, ctx: object) -> str:
    ctx.terminal_width = WIDTH  # type: ignore[attr-defined]  # a class of typer without a public name
    text = command.get_help(ctx).rstrip()  # type: ignore[attr-defined]  # the same
    return f"## {title}\n\n```\n{text}\n```\n"


def events() -> str:
    """Every event type with its fields and a sample."""
    parts = [
        f"# Events\n\n{NOTE}",
        "The event type stands neither in the payload nor in a header, so it is told by the shape: an upper-case "
        'status *with* `previousStatus` is KYB, a lower-case status KYC, `{"success": true}` Svix\'s test event. '
        "Where the shape does not decide (`REJECTED` without `previousStatus`), every candidate is named and none "
        "is chosen.\n",
        "Whose word a name is, its *provenance*:\n",
        *(f"- *{name}*: {meaning}" for name, meaning in PROVENANCES.items()),
        "",
    ]
    for event in EVENTS.values():
        sample = sample_payload(event, ref_id=event.sample_ref_id)
        parts.append(
            f"## `{event.type}`\n\n"
            f"{event.meaning}. The name is *{event.provenance}* ({event.source}).\n\n"
            f"- after it: {_following(event)}\n"
            f"- handler: {event.advice}\n"
            + "".join(f"- `{name}`: {meaning}\n" for name, meaning in event.fields.items())
            + f"\n```json\n{json.dumps(sample, indent=2)}\n```\n"
        )
    legacy = ", ".join(f"`{name}`" for name in LEGACY_EVENTS)
    parts.append(
        "## Not sent\n\n`kyb.case.created` is not emitted: webhooks begin once a case leaves `NOT_STARTED`. "
        f"{legacy} stood in older copies of the provider's pages; their payloads are unknown.\n"
    )
    return "\n".join(parts)


def _following(event: EventType) -> str:
    if event.next is None:
        return "no source says what may follow"
    return ", ".join(f"`{name}`" for name in event.next) or "nothing, it is final"


def causes() -> str:
    """A section per cause."""
    parts = [
        f"# Causes\n\n{NOTE}",
        "What `vove verify` and `vove listen` name as the cause of a failure. *Proved* causes were found by recomputing "
        "the MAC with one thing changed; *observed* ones are facts of the capture.\n",
    ]
    for group, found in groupby(CAUSES.items(), key=lambda item: item[1].group):
        parts.append(f"# {GROUPS[group]}\n")
        for code, text in found:
            snippet = f"\n```\n{text.snippet.rstrip()}\n```\n" if text.snippet else ""
            parts.append(
                f"## `{code}`\n\n**{text.title}**\n\n"
                f"- Symptom: {_escaped(text.symptom)}.\n"
                f"- Why: {_escaped(text.why)}.\n"
                f"- Fix: {_escaped(text.fix)}.\n{snippet}"
            )
    parts.append("# Findings\n\nNotes that never decide a verdict.\n")
    parts += [f"- `{code}`: {_escaped(text)}" for code, text in FINDINGS.items()]
    return "\n".join(parts) + "\n"


def checks() -> str:
    """A section per check, then the mistakes of handlers that `vove check` can name."""
    parts = [
        f"# Checks\n\n{NOTE}",
        "What `vove check URL` sends, and what it means when a check does not pass. "
        "`vove check --explain ID` prints one of these sections.\n",
    ]
    parts += [
        f"## `{check.id}`\n\n**{_escaped(check.title)}** ({check.severity})\n\n"
        f"- Sent: {_escaped(check.sent)}.\n"
        f"- Fails if: {_escaped(check.why)}.\n"
        f"- Fix: {_escaped(check.fix)}.\n"
        f"- Source: {_escaped(check.source)}\n"
        for check in SUITE
    ]
    parts.append("# Mistakes\n\nWhat the diagnosis of a handler can name.\n")
    parts += [
        f"## `{code}`\n\n{_escaped(mistake.message)}.\n\nFix: {_escaped(mistake.fix)}.\n"
        for code, mistake in HANDLER_MISTAKES.items()
    ]
    return "\n".join(parts)


def _escaped(text: str) -> str:
    """Keep tag-like text outside code from vanishing in Markdown."""
    return re.sub(r"<(?![^`]*`)", "&lt;", text)


def exit_codes() -> str:
    """The table of exit codes."""
    rows = "".join(f"| {code.value} | {EXIT_MEANINGS[code]} |\n" for code in ExitCode)
    return (
        f"# Exit codes\n\n{NOTE}\n| exit | meaning |\n| --- | --- |\n{rows}\n"
        "Of several results the gravest counts: `verify` 3 over 1 over 0, `send` 4 over 1 over 0.\n"
    )


def configuration() -> str:
    """The guide with its table of settings written anew."""
    rows = "".join(
        f"| `{name}` | `{key.variable}` | {key.meaning} | {'' if key.default is None else key.default} |\n"
        for name, key in KEYS.items()
    )
    table = f"| setting | variable | meaning | default |\n| --- | --- | --- | --- |\n{rows}"
    text = (DOCS / "guides" / "configuration.md").read_text(encoding="utf-8")
    return re.sub(r"(<!-- settings -->\n)(\|.*\n)*", lambda match: match[1] + table, text, count=1)


def receivers() -> str:
    """The page on the handlers with its table written anew."""
    rows = "".join(f"| [{one.name}]({one.name}/{one.file}) | {one.title} |\n" for one in handlers())
    table = f"| stack | made with |\n| --- | --- |\n{rows}"
    text = RECEIVERS.read_text(encoding="utf-8")
    return re.sub(r"(<!-- handlers -->\n)(\|.*\n)*", lambda match: match[1] + table, text, count=1)


def main() -> None:
    """Write all pages."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
