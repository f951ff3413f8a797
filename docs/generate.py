"""Write docs/reference/ and docs/man/ anew from the code.

`nox -s generate` runs it; a test holds the files equal to what it writes.
"""

from __future__ import annotations

import json
import re
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from vovecli import __version__
from vovecli.adapters.setting_keys import SETTING_KEYS
from vovecli.cli.exit_codes import ExitCode
from vovecli.cli.group import COMMANDS, app, load_command
from vovecli.cli.session import Session
from vovecli.commands.handler import handlers
from vovecli.core.catalogue import EVENTS, LEGACY_EVENTS, PROVENANCES
from vovecli.core.codes import CAUSES, FINDINGS
from vovecli.core.codes.handler_mistakes import HANDLER_MISTAKES
from vovecli.core.fault_kinds import FAULTS
from vovecli.core.flows import FLOWS
from vovecli.core.outcomes.records import DUPLICATE
from vovecli.core.payloads import sample_payload
from vovecli.core.retries import DISABLING, JITTER, POLICIES
from vovecli.core.suite import SUITE
from vovecli.core.times import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vovecli.core.catalogue import EventType

DOCS = Path(__file__).parent
RECEIVERS = DOCS.parent / "examples" / "receivers" / "README.md"
NOTE = "<!-- Written by docs/generate.py from the code: change it there. -->\n"
WIDTH = 100
MAN_WIDTH = 72  # what a terminal of 80 columns has left beside man's margins
_HEADING = re.compile(r"^(\S[^:]*):$")

EXIT_MEANINGS = {
    ExitCode.OK: "Done; the verdict is positive.",
    ExitCode.NEGATIVE: "A negative verdict: a delivery was refused (any status but 2xx), a signature is invalid, "
    "a check failed or could not be judged.",
    ExitCode.USAGE: "The command line is wrong.",
    ExitCode.INPUT: "Input, configuration or a local resource: a secret that is missing or malformed, an unreadable "
    "capture, a bad `vove.toml`, a port in use.",
    ExitCode.UNREACHABLE: "The endpoint is unreachable, or gave no answer in time.",
    ExitCode.TUNNEL: "The tunnel failed.",
    ExitCode.BUG: "A bug in `vove`: it prints one line that says where the details are.",
    ExitCode.INTERRUPTED: "Interrupted (Ctrl-C); `vove` cleaned up and printed the summary.",
    ExitCode.TERMINATED: "Terminated (SIGTERM); `vove` cleaned up and printed the summary.",
    ExitCode.BROKEN_PIPE: "The program that reads standard output ended first, as `head` does.",
}
VARIABLES = {
    "VOVE_PROFILE": "the profile `[profile.NAME]` to use if `--profile` is not given",
    "VOVE_TRUST_PROJECT": "`1`: a project's files may name other hosts and folders; meant for CI",
    "NO_COLOR": "if set: no colour",
    "FORCE_COLOR": "if set: colour even if standard output is not a terminal",
    "COLUMNS": "the width of the output, if the terminal does not report one",
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
        reference / "settings.md": settings(),
        reference / "events.md": events(),
        reference / "flows.md": flows(),
        reference / "faults.md": faults(),
        reference / "retries.md": retries(),
        reference / "causes.md": causes(),
        reference / "checks.md": checks(),
        reference / "exit-codes.md": exit_codes(),
        reference / "json.md": json_objects(),
        RECEIVERS: receivers(),
        **manuals(),
    }


def commands() -> str:
    """The help page of every command and subcommand."""
    parts = [f"## {title}\n\n```\n{text}\n```\n" for title, text in help_pages(WIDTH)]
    return "\n".join((f"# Commands\n\n{NOTE}", *parts))


def manuals() -> dict[Path, str]:
    """A manual page per command and subcommand."""
    return {
        DOCS / "man" / f"{title.replace(' ', '-')}.1": man_page(title, text)
        for title, text in help_pages(MAN_WIDTH)
    }


def help_pages(width: int) -> Iterator[tuple[str, str]]:
    """The help page of every command and subcommand under its name."""
    root = typer.main.get_command(app)
    with root.make_context("vove", [], obj=Session()) as ctx:
        yield "vove", _help(root, ctx, width)
        for name in COMMANDS:
            command = load_command(name)
            with type(ctx)(command, info_name=name, parent=ctx, max_content_width=width) as inner:
                yield f"vove {name}", _help(command, inner, width)
                for sub, subcommand in getattr(command, "commands", {}).items():
                    with type(ctx)(subcommand, info_name=sub, parent=inner) as innermost:
                        yield f"vove {name} {sub}", _help(subcommand, innermost, width)


def _help(command: object, ctx: object, width: int) -> str:
    ctx.terminal_width = width  # type: ignore[attr-defined]  # a class of typer without a public name
    text: str = command.get_help(ctx)  # type: ignore[attr-defined]  # the same
    return text.rstrip()


def man_page(command: str, text: str) -> str:
    """The manual page of a command such as `vove send` from its help page.

    Usage, summary and sections become what man(1) shows under SYNOPSIS, NAME and headings of their
    own; whoever knows the help page finds the same words.
    """
    usage, _, rest = text.partition("\n")
    summary, _, body = rest.strip().partition("\n")
    lines = [
        f'.TH "{command.upper().replace(" ", "-")}" 1 "" "vove {__version__}"',
        ".SH NAME",
        f"{command.replace(' ', '-')} \\- {_escaped(summary.strip().rstrip('.'))}",
        ".SH SYNOPSIS",
        _escaped(usage.removeprefix("Usage: ")),
    ]
    for line in body.splitlines():
        lines += _roff(line)
    return "\n".join((*lines, ".fi" if ".nf" in lines else "")).rstrip() + "\n"


def _roff(line: str) -> list[str]:
    if heading := _HEADING.match(line):
        return [".fi", f'.SH "{heading[1].upper()}"', ".nf"]
    return [_escaped(line.removeprefix("  "))]


def _escaped(line: str) -> str:
    """A line that roff takes for text: no control character first, no escapes, plain hyphens."""
    text = line.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text


def events() -> str:
    """Every event type with its fields and a sample."""
    parts = [
        f"# Events\n\n{NOTE}",
        "Neither the payload nor a header names the event type, so `vove` recognises it by the payload's shape: an "
        'upper-case status *with* `previousStatus` is KYB, a lower-case status is KYC, and `{"success": true}` is '
        "Svix's test event. If several events fit (`REJECTED` without `previousStatus`), `vove` names all of them and "
        "chooses none.\n",
        "Each name has a *provenance*, which says where it comes from:\n",
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
        f"{legacy} appeared in older copies of the provider's pages; their payloads are unknown.\n"
    )
    return "\n".join(parts)


def _following(event: EventType) -> str:
    if event.next is None:
        return "no source says what may follow"
    return ", ".join(f"`{name}`" for name in event.next) or "nothing, it is final"


def flows() -> str:
    """Every flow, what it plays, and what a right handler does with it."""
    parts = [
        f"# Flows\n\n{NOTE}",
        "`vove send --flow NAME` sends these events in order, with one refId; `vove flows` lists them, "
        "including those that you [declare](../guides/sending.md#lifecycles).\n",
    ]
    parts += [
        f"## `{flow.name}`\n\n"
        f"{flow.meaning[0].upper()}{flow.meaning[1:]}{' (leaves the documented order on purpose)' if flow.adversarial else ''}.\n\n"
        f"- events: {', '.join(f'`{name}`' for name in flow.events)}\n"
        f"- handler: {flow.handler}\n"
        for flow in FLOWS.values()
    ]
    return "\n".join(parts)


def faults() -> str:
    """Every fault: what is sent, and what it means when the endpoint accepts it."""
    rows = "".join(
        f"| `{name}` | {_shown(kind.broken, kind.default)} | {_escaped(kind.accepted)} |\n"
        for name, kind in FAULTS.items()
        if name != DUPLICATE
    )
    duplicate = FAULTS[DUPLICATE]
    return (
        f"# Faults\n\n{NOTE}\n"
        "`vove send EVENT --fault NAME` breaks a delivery in one way; several faults can be combined. A correct handler "
        f"{FAULTS['bad-signature'].handler}. The exit code is then 0, and 1 if the handler accepts it.\n\n"
        f"| fault | what is sent | if the endpoint accepts it |\n| --- | --- | --- |\n{rows}\n"
        f"One fault is not a forgery: with `{DUPLICATE}={duplicate.default:g}` {_shown(duplicate.broken, duplicate.default)}. A correct handler "
        f"{duplicate.handler}. `stale` and `future` accept another time, for example `stale=1h`.\n"
    )


def _shown(text: str, amount: float) -> str:
    shown = format_duration(amount) if amount >= 60 else f"{amount:g}"  # noqa: PLR2004 - a minute
    return _escaped(text.replace("{amount}", shown))


def retries() -> str:
    """Every retry policy with its schedule and whose word it is."""
    parts = [
        f"# Retry policies\n\n{NOTE}",
        "`vove send EVENT --retry NAME` tries a delivery again by one of these policies; `--time-scale 0.001` shortens the "
        "waits. It prints the plan before the first attempt. Declare your own in [the settings](../guides/sending.md#retries).\n",
    ]
    for policy in POLICIES.values():
        rows = "".join(
            f"| {n} | {format_duration(delay_s) if n > 1 else 'at once'} | {format_duration(due_s)} |\n"
            for n, (delay_s, due_s) in enumerate(
                zip(policy.delays_s, policy.due_s, strict=True), start=1
            )
        )
        table = f"| attempt | after the one before | after the first |\n| --- | --- | --- |\n{rows}"
        rules = [
            f"a 4xx answer is {'retried like any other failure' if policy.retries_4xx else 'final'}",
            f"`Retry-After` and `webhook-delivery` in the answer {'count' if policy.heeds_answer else 'are ignored'}",
        ]
        if policy.jitter:
            rules += [f"each wait varies by {JITTER:.0%}", DISABLING]
        rules = rules if len(policy.delays_s) > 1 else []
        parts.append(
            f"## `{policy.name}`\n\n{policy.reading[0].upper()}{policy.reading[1:]}.\n\n"
            + (f"{table}\n" if len(policy.delays_s) > 1 else "")
            + "".join(f"- {rule}\n" for rule in rules)
        )
    return "\n".join(parts)


def causes() -> str:
    """A section per cause."""
    parts = [
        f"# Causes\n\n{NOTE}",
        "What `vove verify` and `vove listen` name as the cause of a failure. A *proved* cause was found by recomputing "
        "the MAC with one thing changed, or a pair of common mistakes; an *observed* one is a fact of the capture.\n",
    ]
    shown: dict[str, str] = {}  # a snippet, and the cause under which it stands
    for group, found in groupby(CAUSES.items(), key=lambda item: item[1].group):
        parts.append(f"## {GROUPS[group]}\n")
        for code, text in found:
            first = shown.setdefault(text.snippet, code)
            snippet = ""
            if text.snippet and first == code:
                snippet = f"\n```\n{text.snippet.rstrip()}\n```\n"
            elif text.snippet:
                snippet = f"- Code: see [`{first}`](#{first}).\n"
            parts.append(
                f"### `{code}`\n\n**{text.title}**\n\n"
                f"- Symptom: {_escaped(text.symptom)}.\n"
                f"- Why: {_escaped(text.why)}.\n"
                f"- Fix: {_escaped(text.fix)}.\n{snippet}"
            )
    parts.append("## Findings\n\nWhat is worth knowing, but never decides a verdict.\n")
    parts += [f"- `{code}`: {_escaped(text)}" for code, text in FINDINGS.items()]
    return "\n".join(parts) + "\n"


def checks() -> str:
    """A section per check, then the mistakes of handlers that `vove check` can name."""
    parts = [
        f"# Checks\n\n{NOTE}",
        "What `vove check URL` sends, and what it means if a check does not pass. "
        "`vove check --explain ID` prints one of these sections.\n",
    ]
    parts += [
        f"## `{check.id}`\n\n**{_escaped(check.title)}** ({check.severity})\n\n"
        f"- Sent: {_escaped(check.sent)}.\n"
        f"- Why: {_escaped(check.why)}.\n"
        f"- Fix: {_escaped(check.fix)}.\n"
        f"- Source: {_escaped(check.source)}\n"
        for check in SUITE
    ]
    parts.append(
        "## Mistakes\n\nThe mistakes that `vove check` can name in its diagnosis of a handler.\n"
    )
    parts += [
        f"### `{code}`\n\n{_escaped(mistake.message)}.\n\nFix: {_escaped(mistake.fix)}.\n"
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
        "If results differ, the most serious one decides: 3, then 1, then 0 for `verify`; 4, then 1, then 0 for `send`.\n"
    )


def settings() -> str:
    """The settings, and the variables that are none."""
    rows = "".join(
        f"| `{name}` | `{key.variable}` | {key.meaning} | {'' if key.default is None else key.default} | "
        f"{'' if key.trusted or key.secret else 'yes'} |\n"
        for name, key in SETTING_KEYS.items()
    )
    others = "".join(f"| `{name}` | {meaning} |\n" for name, meaning in VARIABLES.items())
    return (
        f"# Settings and environment variables\n\n{NOTE}\n"
        "Where `vove` looks for them, and which one wins: [configuration](../guides/configuration.md). "
        "`vove config` shows the values in force.\n\n"
        "| setting | variable | meaning | default | in a project's TOML |\n"
        f"| --- | --- | --- | --- | --- |\n{rows}\n"
        "Other tables of `vove.toml`: `[profile.NAME]` (the same settings under a name), `[flows]`, "
        '`[retry.NAME]` and `[events."NAME"]`.\n\n'
        "## Other variables\n\n"
        f"| variable | meaning |\n| --- | --- |\n{others}"
    )


def json_objects() -> str:
    """The rules for readers, then every object with an example."""
    folder = DOCS / "reference" / "schemas"
    parts = [(folder / "README.md").read_text(encoding="utf-8").replace("\n\n", f"\n\n{NOTE}\n", 1)]
    for path in sorted(folder.glob("*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        (example,) = schema["examples"]
        parts.append(
            f"## `{schema['title']}`\n\n{schema['description']} "
            f"[Schema](schemas/{path.name}).\n\n"
            f"```json\n{json.dumps(example, indent=2, ensure_ascii=False)}\n```\n"
        )
    return "\n".join(parts).replace(
        "of that name in this folder describes", "of that name in `schemas/` describes"
    )


def receivers() -> str:
    """The page on the handlers with its table written anew."""
    rows = "".join(f"| [{one.name}]({one.name}/{one.file}) | {one.title} |\n" for one in handlers())
    table = f"| stack | made with |\n| --- | --- |\n{rows}"
    text = RECEIVERS.read_text(encoding="utf-8")
    return re.sub(r"(<!-- handlers -->\n)(\|.*\n)*", lambda match: match[1] + table, text, count=1)


def main() -> None:
    """Write all pages."""
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
