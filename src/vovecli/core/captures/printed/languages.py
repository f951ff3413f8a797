"""How a request is printed so that its exact bytes are kept, language by language."""

from __future__ import annotations

import re

_SIGNS = (
    ("PHP", r"string\([0-9]+\) \"|Array\s*\(|array[: (]|HTTP_SVIX_ID['\]]* ?=>|\.php\b"),
    ("Go", r"map\[|\bmsg=|level=(?:INFO|DEBUG)|\.go:[0-9]"),
    ("Python", r"(?<!\w)b['\"]|'\)|MultiDict|\{'[\w-]+': |INFO:root|\.py\b"),
    ("Ruby", r"\"=>\"|\"HTTP_\w+\"|\brack\b|\.rb\b"),
    ("Java", r"\{[\w-]+=\[|\[[\w-]+:\"|c\.e\.\w|\.java\b|\bat [\w.]+\("),
)
_LINES = {
    "PHP": "error_log(json_encode(['headers' => getallheaders(), "
    "'bodyBase64' => base64_encode(file_get_contents('php://input'))]));",
    "Go": "json.NewEncoder(os.Stderr).Encode("
    'map[string]any{"headers": r.Header, "bodyBase64": body})',
    "Python": "print(json.dumps({'headers': dict(request.headers), "
    "'bodyBase64': base64.b64encode(body).decode()}))",
    "Ruby": "puts JSON.generate(headers: request.env.select { |k, _| k.start_with?('HTTP_') }, "
    "bodyBase64: Base64.strict_encode64(request.body.read))",
    "Java": 'System.out.println("{\\"headers\\":" + new ObjectMapper().writeValueAsString(headers) '
    '+ ",\\"bodyBase64\\":\\"" + Base64.getEncoder().encodeToString(body) + "\\"}");',
    "Node": "console.log(JSON.stringify({ headers: req.headers, "
    "bodyBase64: rawBody.toString('base64') }))",
}


def how_to_print(text: str) -> str:
    """A line for a handler in the language that seems to have printed a text."""
    language = next((name for name, signs in _SIGNS if re.search(signs, text)), "Node")
    return f"print the raw bytes, before anything parses them ({language}): {_LINES[language]}"
