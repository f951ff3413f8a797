"""The examples of "Get a capture out of anything" are run, and what they print is verified."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.conftest import ROOT

from vovecli.core.captures import proof, read_captures
from vovecli.core.messages import Message
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers
from vovecli.core.verification import verify

if TYPE_CHECKING:
    from pathlib import Path

GUIDE = (ROOT / "docs/guides/captures.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- capture: ([\w ]+) -->\n```\w+\n(.*?)```", GUIDE, re.DOTALL))
SECRETS = [parse_secret("whsec_q3Vt8mZpL0xW+R7bK1/sYcNfJ5hD2gTu")]
BODY = json.dumps({"refId": "r-1 \U0001f600 \\ \" '", "status": "COMPLETED"}, ensure_ascii=False)
MESSAGE = Message("msg_2if9qqkVjQDrS738JZOnax9T7MO", 1_719_870_957, BODY.encode())
HEADERS = dict(signed_headers(SECRETS, MESSAGE))

# What a handler has at hand, in each language.
HANDLERS = {
    "node": ("node", "js", "const req = { headers: H, rawBody: Buffer.from(B) };\n{line}"),
    "python": (
        sys.executable,
        "py",
        (
            "import base64, json, types\n"
            "request = types.SimpleNamespace(headers=H, data=B.encode())\n{line}"
        ),
    ),
    "php": (
        "php",
        "php",
        (
            "<?php function getallheaders() { return json_decode(H, true); }\n"
            "stream_wrapper_unregister('php'); class Input { public $context; private $at = 0;\n"
            "function stream_open() { return true; } function stream_stat() { return []; }\n"
            "function stream_read($n) { $part = substr(B, $this->at, $n); $this->at += strlen($part);"
            " return $part; } function stream_eof() { return $this->at >= strlen(B); } }\n"
            "stream_wrapper_register('php', 'Input'); ini_set('error_log', 'printed');\n{line}"
        ),
    ),
    "ruby": (
        "ruby",
        "rb",
        (
            "require 'json'; require 'base64'; require 'stringio'\n"
            "request = Struct.new(:env, :body).new("
            "H.to_h { |k, v| ['HTTP_' + k.upcase.tr('-', '_'), v] }, StringIO.new(B))\n{line}"
        ),
    ),
}
LITERALS = {
    "node": (f"const H = {json.dumps(HEADERS)}, B = {json.dumps(BODY)};\n"),
    "python": f"H = {HEADERS!r}\nB = {BODY!r}\n",
    "php": "",
    "ruby": f"H = {json.dumps(HEADERS).replace(': ', ' => ')}\nB = {json.dumps(BODY, ensure_ascii=False)}\n",
}


def check(text: str) -> None:
    """One genuine delivery stands in a text, to the byte."""
    (request,) = read_captures(text.encode())
    request, verdict = proof.judge(
        request, SECRETS, lambda found: verify(found, SECRETS, moment=0, judge_age=False)
    )
    assert (verdict.cause, request.body.decode()) == (None, BODY)


@pytest.mark.parametrize("name", ["compose", "typed", "go"])
def test_what_is_printed_is_read(name: str) -> None:
    """As it stands in the guide, with a genuine signature."""
    check(BLOCKS[name].replace("SIGNATURE", HEADERS["Svix-Signature"]).replace("BODY", BODY))


@pytest.mark.parametrize("language", HANDLERS)
def test_the_line_for_a_handler_prints_exact_bytes(language: str, tmp_path: Path) -> None:
    """Run by the language itself."""
    program, ending, form = HANDLERS[language]
    if not shutil.which(program):
        pytest.skip(f"{program} is not here")
    source = form.replace("{line}", BLOCKS[language])
    if language == "php":
        quoted = {
            "H": json.dumps(HEADERS).replace("\\", "\\\\").replace("'", "\\'"),
            "B": BODY.replace("\\", "\\\\").replace("'", "\\'"),
        }
        constants = "".join(f"const {name} = '{value}';\n" for name, value in quoted.items())
        source = source.replace("<?php ", f"<?php {constants}", 1)
    (tmp_path / f"handler.{ending}").write_text(LITERALS[language] + source, encoding="utf-8")
    done = subprocess.run(
        [program, f"handler.{ending}"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    written = tmp_path / "printed"
    check(written.read_text(encoding="utf-8") if written.exists() else done.stdout)


def test_the_line_for_go(tmp_path: Path) -> None:
    """Compiled and run."""
    if not shutil.which("go"):
        pytest.skip("go is not here")
    sets = "".join(f"r.Header.Set({json.dumps(k)}, {json.dumps(v)})\n" for k, v in HEADERS.items())
    (tmp_path / "main.go").write_text(
        'package main\nimport ("encoding/json"; "net/http"; "os")\nfunc main() {\n'
        f"r := &http.Request{{Header: http.Header{{}}}}\n{sets}body := []byte({json.dumps(BODY)})\n"
        f"{BLOCKS['go program']}}}\n".replace("\\ud83d\\ude00", "\U0001f600"),
        encoding="utf-8",
    )
    done = subprocess.run(
        ["go", "run", "main.go"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    check(done.stderr)
