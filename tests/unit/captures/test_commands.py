from __future__ import annotations

import pytest
from tests.unit.captures.samples import BODY, HEADERS, SIGNATURE, facts, read_one, refusal

from vovecli.core.captures import detect, read_captures

TEXT = BODY.decode()
FIELDS = " ".join(f"-H '{name}: {value}'" for name, value in HEADERS)
CURL = f"curl -X POST 'https://example.com/hooks' {FIELDS}"
PRETTY = '{\n  "a": 1\n}'


def test_a_plain_command() -> None:
    """Method, URL, headers in order, body."""
    request = read_one(f"{CURL} -d '{TEXT}'\n")

    assert (request.method, request.target) == ("POST", "https://example.com/hooks")
    assert (request.headers, request.body, request.format) == (HEADERS, BODY, "curl")
    assert request.facts == ()


# Each was held against curl 7.88 under bash.
@pytest.mark.parametrize(
    ("options", "body"),
    [
        ("--data 'a=1' -d b=2 --data-ascii c", "a=1&b=2&c"),
        ("-d '' -d x", "x"),
        ("--data-raw '@x'", "@x"),
        ("-sSd'{}'", "{}"),
        ("-sSd '{}'", "{}"),
        ("--json '{' --json '}'", "{}"),
        ("--data-urlencode 'a b&c'", "a+b%26c"),
        ("--data-urlencode '=a b'", "a+b"),
        ("--data-urlencode 'n=a b'", "n=a+b"),
        ("--url-query x=1 -d y", "y"),
        ("-o /dev/null -w '%{http_code}' -m 5 --compressed -k -L -d y", "y"),
        (r'-d "{\"a\": \"\$5 \\ \x\"}"', r'{"a": "$5 \ \x"}'),
        (r'-d {\"a\":1}', '{"a":1}'),
        (r"""-d '{"a":"it\'s \\n \" \x"}'""", r"""{"a":"it's \n \" \x"}"""),  # fish
        (r"""-A "it's" -d '{"a":"it\'s"}' -s""", """{"a":"it's"}"""),
        (r"""-d '{"a":"it'\''s"}'""", '{"a":"it\'s"}'),
        (r"-d $'\x7b\xc3\xa9\u0021\175\cA\q\n'", "{é!}\x01\\q\n"),
        (r"-d $'\ud800'", r"\ud800"),
        (f"-d '{PRETTY}'", PRETTY),
        ("-d 'a\r\nb'", "a\r\nb"),
        ("-d a#b # comment", "a#b"),
        ("-d x; echo done", "x"),
        ("-d x && echo done || exit 1", "x"),
        ("-d x > /dev/null 2>&1 &", "x"),
        ("-d x &> log", "x"),
        ('-d "price $5 ${1} $* $ "', "price    $ "),
        ('-d "${UNSET:-x}"', "x"),
        ('-d $"a"', "a"),
        ("-d 'two\nlines' \\\n  -s", "two\nlines"),
        ("-d @- <<< '{}'", "{}"),
        ("--data-binary @- <<< '{}'", "{}\n"),
        (f"--data-binary @- <<'EOF'\n{PRETTY}\nEOF\n", PRETTY + "\n"),
        ("--data-binary @- <<-EOF\n\t{\n\t}\n\tEOF\n", "{\n}\n"),
        ("-d @- <<\\E\n$x\nE", "$x"),
        ('--data-binary @- <<E\na \\$x \\` \\\\ \\"\nE', 'a $x ` \\ \\"\n'),
        ("--data-raw \"$(cat <<'EOF'\n{}\n\nEOF\n)\"", "{}"),
        ("--data-raw \"$(printf '%s-%b%%' a '\\n')\"", "a-\n%"),
        ('--data-raw "$(echo -n "$(echo "a  b")")"', "a  b"),
        ("--data-raw `echo x`", "x"),
    ],
)  # fmt: skip
def test_bodies_as_curl_sends_them(options: str, body: str) -> None:
    """Quotes, escapes, here-documents and substitutions as bash does them, options as curl."""
    assert read_one(f"curl https://x {FIELDS} {options}").body == body.encode()


@pytest.mark.parametrize(
    ("script", "body"),
    [
        ("BODY='{}'\ncurl x {} -d \"$BODY\"", "{}"),
        ('#!/bin/sh\nset -e\nexport A=1 B=\'{"a":2}\'\ncurl x {} -d "${B}"', '{"a":2}'),
        ('A=x; B="$A$A"; curl x {} -d $B', "xx"),
        ("read -r -d '' B <<'E'\n{}\n\nE\ncurl x {} -d \"$B\"", "{}"),
        ("export C; read D < f\ncurl x {} --data-binary @- <<E\n{}", "{}"),
        ("echo '{}' | curl x {} --data-binary @-", "{}\n"),
        ("echo -ne 'a\\nb' | curl x {} --data-binary @-", "a\nb"),
        ("printf '{}' | curl x {} --data-binary @-", "{}"),
        ("printf '%s,' a b | curl x {} --data-binary @-", "a,b,"),
        ("cat <<A - <<B | curl x {} --data-binary @-\na\nA\nb\nB\n", "b\n"),
        ("cat <<E | curl x {} --data-binary @-\n{}\nE\n", "{}\n"),
        ("cat > f.json <<E\n{}\nE\ncurl x {} --data-binary @f.json", "{}\n"),
        ("cat f.json - <<< b > g\ncurl x {} --data-binary @g", "file\nb\n"),
        ("curl x {} --data-binary @f.json", "file\n"),
        ("curl x {} -d @f.json", "file"),
        ("curl x {} -T f.json", "file\n"),
        ("curl x {} --data-binary @- < f.json", "file\n"),
        ('curl x {} --data-binary "$(< f.json)"', "file"),
        ("curl x {} --data-urlencode n@f.json", "n=file%0A"),
        ("set -e\n{ sudo curl x {} -d a; }", "a"),
        ("if true; then curl x {} -d a; fi", "a"),
        ("$ curl x {} \\\n> -d a", "a"),
        ("curl x {} -d a\\\r\nb", "ab"),
        ("me@host:~/dir$ curl x {} -d a\nOK\n", "a"),
        ("$ curl -v x {} -d a\n* Trying\n> POST / HTTP/1.1\n< HTTP/1.1 200 OK\nit's ok\n", "a"),
        ("PS C:\\Users\\me> curl.exe x {} -d a", "a"),
    ],
)
def test_scripts_that_lead_to_a_command(script: str, body: str) -> None:
    """Variables, pipes, redirections, files, prompts and what may stand before the command."""
    source = script.replace("x {}", f"https://x {FIELDS}")

    assert detect(source.encode()) == "curl"
    assert read_one(source, read_file=lambda _: b"file\n").body == body.encode()


@pytest.mark.parametrize(
    ("options", "method"),
    [
        ("", "GET"),
        ("-d x", "POST"),
        ("-X put -d x", "PUT"),
        ("--request=PATCH -d x", "PATCH"),
        ("-T f", "PUT"),
        ("-I", "HEAD"),
        ("-G -d x", "GET"),
    ],
)
def test_methods_as_curl_chooses_them(options: str, method: str) -> None:
    """`-X` wins; data makes it POST, an upload PUT; `-G` puts the data in the URL."""
    request = read_one(f"curl https://x {FIELDS} {options}", read_file=lambda _: b"")

    assert request.method == method
    assert request.body == (b"x" if "-d x" in options and "-G" not in options else b"")


def test_the_url_may_be_an_option() -> None:
    """Wherever it is, and what follows belongs to it."""
    request = read_one("curl --url https://app.test/hook -H 'svix-id: a' --data-raw '{}'")

    assert (request.target, request.body) == ("https://app.test/hook", b"{}")


def test_header_options_of_all_forms() -> None:
    """Glued, long, with `=`; an empty value takes a header out, a semicolon sends it empty."""
    request = read_one(
        "curl https://x -H'A: 1' --header 'B:2' --header='C: 3' -H 'D:' -H 'E;' -H @f "
        "-A agent -e ref -b c=1 -d x",
        read_file=lambda _: b"F: 4\nG: 5\n",
    )

    assert request.headers == [
        ("A", "1"), ("B", "2"), ("C", "3"), ("E", ""), ("F", "4"), ("G", "5"),
        ("User-Agent", "agent"), ("Referer", "ref"), ("Cookie", "c=1"),
    ]  # fmt: skip


def test_several_commands_are_several_requests() -> None:
    """On lines of their own, or in one command with `--next`."""
    script = f"curl https://a {FIELDS} -d 1 --next -X PUT https://b -d 2 -: https://c\ncurl d -d 4"

    requests = read_captures(script.encode())

    assert [(r.method, r.target, r.body) for r in requests] == [
        ("POST", "https://a", b"1"),
        ("PUT", "https://b", b"2"),
        ("GET", "https://c", b""),
        ("POST", "d", b"4"),
    ]


def test_a_form_has_no_bytes_of_its_own() -> None:
    """Its boundaries are made up when it is sent."""
    assert facts(read_one(f"{CURL} -F a=b")) == ["body-missing"]


@pytest.mark.parametrize(
    "options",
    [
        '-d "$BODY"',
        '-d "${BODY}"',
        '-d "$((1+1))"',
        '-d "${BODY%x}"',
        '-d "$(date)"',
        "-d @-",
        "-d @missing.json",
        '-d "$(cat missing.json)"',
        "-H \"Svix-Id: $ID\" -d '{}'",
        '-d "`uuidgen`"',
        '-d "$(printf %d 1)"',
    ],
)
def test_what_has_no_value_here_is_refused(options: str) -> None:
    """Variables, arithmetic, other commands, input and files that nobody gave."""
    assert refusal(f"{CURL} {options}") == "unresolved-variable"


def test_what_is_not_signed_may_stay_unknown() -> None:
    """A token of another request, or a header that is not signed."""
    script = f"""curl https://x/login -d "$PASSWORD"\n{CURL} -H "Authorization: $TOKEN" -d x"""

    assert [request.body for request in read_captures(script.encode())] == [b"$PASSWORD", b"x"]


@pytest.mark.parametrize(
    "end",
    ["-d '{", '-d "{', "-d $'{", "-d `x", '-d "$(x', '-d "${x', '-d "$((x', "-d @- <<"],
)
def test_a_command_that_was_cut_off_is_refused(end: str) -> None:
    """A shell would ask for the rest; what stands before it does not save it."""
    assert refusal(f"{CURL} {end}") == "malformed-shell"
    assert refusal(f"{CURL} -d x\n{CURL} {end}") == "malformed-shell"


@pytest.mark.parametrize(
    "script",
    [
        "A=xxxxxxxxxx;" + "A=$A$A;" * 40 + f"{CURL} -d $A",
        f"{CURL} -d " + "'a'" * 200_000,
        f"{CURL} -d " + '"$(' * 200,
        "echo x;" * 150_000 + f"{CURL} -d a",
        "A=$(printf '%0100000d' 1);" + f"A={'x' * 70_000}\ncurl https://x" + ' -d "$A"' * 1000,
    ],
    ids=["doubling", "pieces", "nesting", "commands", "a huge body"],
)
def test_scripts_that_cost_too_much_are_refused(script: str) -> None:
    """Work is bounded whatever a script asks for."""
    assert refusal(script) == "malformed-shell"


@pytest.mark.parametrize(
    ("command", "body"),
    [
        (
            'curl ^"https://x^" ^\n -H ^"Svix-Id: m^" ^\n --data-raw ^"^{^\\^"a^\\^":1^}^"',
            '{"a":1}',
        ),
        ('curl "https://x" ^\r\n -H "Svix-Id: m" ^\r\n -d "{\\"a\\":1}"', '{"a":1}'),
        ('curl "https://x" -H "Svix-Id: m" ^\n --data-raw "^{^\\^"a^\\^":1^}"', '{"a":1}'),
        ('curl "https://x" -H "Svix-Id: m" -d "{""a"":""b c""}"', '{"a":"b c"}'),
        ('@echo off\r\ncurl.exe https://x -H "Svix-Id: m" -d {\\"a\\":1}\r\n', '{"a":1}'),
        ('C:\\> curl "https://x" ^\n -H "Svix-Id: m" -d "a^b"', "a^b"),
        ('curl x -H "Svix-Id: m" ^\n -d ^"a^\n\nb^"', "a\nb"),
        ('curl x -H "Svix-Id: m" ^\n -d "\\\\u0041\\\\"', "\\\\u0041\\"),
        ('curl x -H "Svix-Id: m" ^\n -d a & echo b', "a"),
        ('  curl x -H "Svix-Id: m" ^\n -d "" -d a', "a"),
    ],
)
def test_commands_of_windows(command: str, body: str) -> None:
    """Carets, backslashes before quotes, doubled quotes: cmd.exe and the C runtime."""
    request = read_one(command)

    assert (request.body, request.values("svix-id")) == (body.encode(), ["m"])


@pytest.mark.parametrize(
    ("end", "code"),
    [('-d "{', "malformed-shell"), ("-d %BODY%", "unresolved-variable")],
)
def test_commands_of_windows_that_cannot_be_read(end: str, code: str) -> None:
    """An open quote, or a variable of the environment."""
    assert refusal(f'curl x ^\n -H "Svix-Id: m" {end}') == code


@pytest.mark.parametrize(
    ("command", "body"),
    [
        ("curl.exe https://x `\r\n -H 'Svix-Id: m' `\r\n -d '{\\\"a\\\":1}'", '{"a":1}'),
        ('curl https://x `\n -H "Svix-Id: m" `\n -d \'{"a":"it\'\'s"}\' # end', '{"a":"it\'s"}'),
        ('PS C:\\> curl.exe https://x -H "Svix-Id: m" -d "{`"a`": ""b`n""}"; dir', '{"a": "b\n"}'),
        ("PS> curl.exe https://x -H 'Svix-Id: m' -d a`'b'c'\nPS> dir\n", "a'bc"),
        ('PS> curl.exe https://x -H \'Svix-Id: m\' -d \'{"a":"\\"b"}\'', '{"a":"\\"b"}'),
    ],
)
def test_commands_of_powershell(command: str, body: str) -> None:
    """Backticks and doubled quotes; a backslash before a quote is for the program."""
    request = read_one(command)

    assert (request.body, request.values("svix-id")) == (body.encode(), ["m"])


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("-d '{", "malformed-shell"),
        ('-d "$body"', "unresolved-variable"),
        ("-d $(Get-Content x)", "unresolved-variable"),
    ],
)
def test_commands_of_powershell_that_cannot_be_read(end: str, code: str) -> None:
    """An open quote, variables and commands."""
    assert refusal(f"curl.exe https://x `\n -H 'Svix-Id: m' {end}") == code


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ("--post-data='{}'", "{}"),
        ("--post-data '{}'", "{}"),
        ("--method PUT --body-data={}", "{}"),
        ("--post-file=f --quiet -T 5", "file"),
        ("--body-file f", "file"),
        ("-U agent --referer=r --post-data x", "x"),
        ("", ""),
    ],
)
def test_wget_commands(options: str, body: str) -> None:
    """Headers and bodies of wget's options."""
    request = read_one(
        f"wget -qO- https://x --header='Svix-Id: m' {options}", read_file=lambda _: b"file"
    )

    assert (request.target, request.values("svix-id")) == ("https://x", ["m"])
    assert request.body == body.encode()


@pytest.mark.parametrize(
    ("command", "body"),
    [
        ("http --verbose POST :3000/x Svix-Id:m --raw '{}'", "{}"),
        ("http --raw='{}' POST :3000/x Svix-Id:m", "{}"),
        ("http POST :3000/x 'Svix-Id: m' <<< '{}'", "{}\n"),
        ("echo -n '{}' | http POST :3000/x Svix-Id:m", "{}"),
        ("http POST :3000/x Svix-Id:m a=1 b:=2 c=é d=@f q==1 'e\\=f=g' :", ""),
        ("https -a u:p PUT :3000/x Svix-Id:m", ""),
    ],
)
def test_httpie_commands(command: str, body: str) -> None:
    """Items with a colon are headers; fields are written as Python's json.dumps writes them."""
    if "a=1" in command:
        body = '{"a": "1", "b": 2, "c": "\\u00e9", "d": "file", "e=f": "g"}'

    request = read_one(command, read_file=lambda _: b"file")

    assert (request.target, request.values("svix-id")) == (":3000/x", ["m"])
    assert request.body == body.encode()


def test_httpie_without_a_method() -> None:
    """Fields make it a POST; an address alone is a GET."""
    assert read_one("http :3000 Svix-Id:m a=1", name="curl").method == "POST"
    assert read_one("https example.com", name="curl").method == "GET"
    assert read_one("https", name="curl").target == ""


@pytest.mark.parametrize(
    "text", ["curl is a tool", "see https://curl.se", "we http POST it", "a curl\nb wget"]
)
def test_text_about_clients_is_no_command(text: str) -> None:
    """Only a command at its usual place counts."""
    assert refusal(text) in ("not-a-request", "malformed-shell")


def test_a_forced_format_without_a_command_is_refused() -> None:
    """Nothing in it sends a request."""
    assert refusal("echo hello", name="curl") == "not-a-request"
    assert refusal("sudo", name="curl") == "not-a-request"


def test_the_signature_survives_every_quote() -> None:
    """Base64 has characters that shells know."""
    for quoted in (f"'Svix-Signature: {SIGNATURE}'", f'"Svix-Signature: {SIGNATURE}"'):
        assert read_one(f"curl x -H {quoted} -d x").values("svix-signature") == [SIGNATURE]


def test_variables_of_fish() -> None:
    """`set` gives a name its value; in single quotes there are two escapes."""
    request = read_one(f"""set -l body '{{"a":"C:\\\\x"}}'\n{CURL} -d $body\n""")

    assert request.body == rb'{"a":"C:\x"}'


def test_a_line_of_a_history_is_what_was_typed() -> None:
    """The history of zsh writes a line end of a command after a backslash."""
    escaped = PRETTY.replace("\n", "\\\n")
    requests = read_captures(f": 1764148800:0;{CURL} -d '{escaped}'\n: 1764148801:0;ls\n".encode())

    assert [request.body.decode() for request in requests] == [PRETTY]
