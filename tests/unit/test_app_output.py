"""Which lines of an app's output say what went wrong; commands taken apart; parts of secrets."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vovecli.core.app_commands import parse_app_command
from vovecli.core.app_output import speaks_of_error, telling_lines
from vovecli.core.errors import VoveError
from vovecli.core.leaks import Leaks
from vovecli.core.secrets import SigningSecret, encode_secret, parse_secret

# What these runtimes print, with the lines that matter marked by `>`.
OUTPUTS = {
    "node": """
>TypeError: Cannot read properties of undefined (reading 'x')
     at Object.compute (/srv/app/node_modules/lib/index.js:4:5)
>    at handler (/srv/app/app.js:12:9)
     at Layer.handle (/srv/app/node_modules/express/lib/layer.js:95:5)
     at process.processTicksAndRejections (node:internal/process/task_queues:95:5)""",
    "node, uncaught": """
>/srv/app/app.js:12
   throw new Error("no secret");
   ^
>Error: no secret
     at Object.<anonymous> (/srv/app/app.js:12:9)
     at Module._compile (node:internal/modules/cjs/loader:1554:14)
 Node.js v22.14.0""",
    "python": """
 Exception occurred during processing of request from ('127.0.0.1', 1234)
 Traceback (most recent call last):
   File "/usr/lib/python3.12/socketserver.py", line 692, in process_request_thread
     self.finish_request(request, client_address)
   File "/srv/app/main.py", line 30, in do_POST
     self.handle_it()
>  File "/srv/app/app.py", line 12, in handle_it
>    raise KeyError("x")
   File "/srv/.venv/lib/python3.12/site-packages/lib/x.py", line 3, in f
     boom()
>KeyError: 'x'
 ----------------------------------------""",
    "python, without source": """
 Traceback (most recent call last):
>  File "/srv/app/app.py", line 12, in handle_it
>KeyError: 'x'""",
    "go": """
>2026/11/26 10:50:11 http: panic serving 127.0.0.1:54321: runtime error: index out of range
 goroutine 6 [running]:
 net/http.(*conn).serve.func1()
 \t/usr/local/go/src/net/http/server.go:1947 +0xbe
>main.main.func1({0x77, 0xc0}, 0xc00)
>\t/srv/app/main.go:40 +0x85
 net/http.HandlerFunc.ServeHTTP(0x7?, {0x77?})
 \t/usr/local/go/src/net/http/server.go:2220 +0x29""",
    "php": """
 [Thu Nov 26 10:50:11 2026] 127.0.0.1:1 Accepted
>[Thu Nov 26 10:50:11 2026] PHP Fatal error:  Uncaught TypeError: x in /srv/app/app.php:12
 Stack trace:
 #0 /srv/app/app.php(12): hash_hmac('sha256', 'x', Array)
 #1 {main}""",
    "ruby": """
>[2026-11-26 10:50:11] ERROR NoMethodError: undefined method `[]' for nil
>\t/srv/app/app.rb:20:in `verify'
 \t/usr/lib/ruby/gems/3.1.0/gems/webrick/httpservlet/abstract.rb:105:in `service'""",
    "a library alone": """
>ValueError: bad
     at f (/srv/app/node_modules/lib/index.js:4:5)""",
    "a place alone": """
 something odd happened
>warning: /srv/app/app.py:12 is slow""",
    "neither": """
>POST /hook 500
 """,
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_error_and_the_apps_own_place(name: str) -> None:
    """In any language."""
    marked = OUTPUTS[name].strip("\n").split("\n")
    lines = [line[1:] for line in marked]

    assert list(telling_lines(lines)) == [line[1:] for line in marked if line[0] == ">"]
    assert speaks_of_error(lines) is (name != "neither")


def test_a_command() -> None:
    """Split as a shell would; what stands before the program is for its environment."""
    command = parse_app_command("PORT=3000 NAME='a b' python -m \"my app\"")

    assert command.argv == ("python", "-m", "my app")
    assert command.variables == {"PORT": "3000", "NAME": "a b"}


def test_what_a_shell_would_leave_alone() -> None:
    """In single quotes, and what only looks like an operator."""
    command = parse_app_command("sh -c 'cd x && exec y $PORT' --url=http://h/ 5$ 'a;b'")

    assert command.argv == ("sh", "-c", "cd x && exec y $PORT", "--url=http://h/", "5$", "a;b")
    assert command.shown == "sh -c 'cd x && exec y $PORT' --url=http://h/ '5$' 'a;b'"


def test_an_error_does_not_quote_assignments() -> None:
    """They may hold keys."""
    with pytest.raises(VoveError) as caught:
        parse_app_command("API_KEY=hunter2 x | y")

    assert "hunter2" not in caught.value.message
    assert "API_KEY=... x | y" in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A=1",
        "'x",
        "cd x",
        "x&&y",
        "x && y",
        "x | y",
        "x; y",
        "x > y",
        "x $PORT",
        'x "${PORT}"',
        "x $(y)",
        "x `y`",
    ],
)
def test_what_needs_a_shell(text: str) -> None:
    """A usage error that says how to have one."""
    with pytest.raises(VoveError) as caught:
        parse_app_command(text)

    assert (caught.value.code, "sh -c" in caught.value.hint) == ("bad-run", True)


SECRET = parse_secret(encode_secret(bytes(range(7, 40))))


@given(st.text(), st.text(), st.integers(0, 36), st.integers(8, 44))
def test_eight_characters_of_a_secret(before: str, after: str, start: int, length: int) -> None:
    """They are seen wherever they are, and masked with what follows of it."""
    part = SECRET.encoded[start : start + length]
    leaks = Leaks([SECRET])
    masked = leaks.mask(f"{before}{part}{after}")

    assert leaks.shown_in(f"{before}{part}{after}") is (len(part) >= 8)
    if len(part) >= 8:
        assert part not in masked
        assert "[secret]" in masked
        assert not leaks.shown_in(masked)


def test_other_forms_of_a_secret() -> None:
    """Its key in hex, its url-safe base64; other texts only as a whole; nothing that says nothing."""
    monotonous = SigningSecret(f"whsec_{'A' * 40}", bytes(30))
    leaks = Leaks([SECRET], ["hunter2", ""])

    assert leaks.mask(f"key={SECRET.key.hex()}.") == "key=[secret]."
    assert leaks.mask(f"key={SECRET.key.hex().upper()[3:30]}.") == "key=[secret]."
    assert leaks.mask("password hunter2 or hunter") == "password [secret] or hunter"
    assert leaks.mask(f"{SECRET.text} {SECRET.text}") == "[secret] [secret]"
    assert not Leaks([monotonous]).shown_in("AAAAAAAA 0000000000000000")
    assert not re.search("[A-Za-z0-9]{9}", leaks.mask(SECRET.encoded))
