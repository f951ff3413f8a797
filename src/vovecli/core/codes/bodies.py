"""Causes that lie with the body: what happened to it between signing and capture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.codes.text import CauseText

if TYPE_CHECKING:
    from collections.abc import Mapping

_RAW_BODY = """\
// Express: the raw bytes, not the parsed object
app.post("/webhook-endpoint", express.raw({ type: "application/json" }), (req, res) => {
  webhook.verify(req.body, req.headers);
});
# Flask
webhook.verify(request.get_data(), request.headers)"""

BODY_CAUSES: Mapping[str, CauseText] = {
    "trailing-newline-added": CauseText(
        "body",
        "A newline was added at the end",
        "a newline was added at the end of the body after it was signed",
        "editors, echo and shell here-documents end text with a newline",
        "remove it; use printf '%s' or --data-binary with the exact file",
    ),
    "trailing-newline-removed": CauseText(
        "body",
        "The newline at the end was removed",
        "the newline at the end of the body was removed after it was signed",
        "$(cat file), curl -d @file, trim() and rstrip() drop it",
        "send the exact bytes: curl --data-binary @file",
    ),
    "crlf-converted-body": CauseText(
        "body",
        "Line feeds became CR LF",
        "the line ends of the body became CR LF after it was signed",
        "Windows editors, git's autocrlf and FTP's text mode convert them",
        "keep the file binary: git's -text attribute, no conversion when saving",
    ),
    "lf-converted-body": CauseText(
        "body",
        "CR LF became line feeds",
        "the CR LF line ends of the body became line feeds after it was signed",
        "dos2unix, git's autocrlf=input and Python's text mode convert them",
        "keep the file binary: git's -text attribute, open(path, 'rb')",
    ),
    "newlines-stripped": CauseText(
        "body",
        "Line ends were removed",
        "the body was signed with line ends that are now missing",
        "curl -d @file drops every CR and LF, readLine() and loggers join lines",
        "use curl --data-binary @file",
    ),
    "whitespace-trimmed": CauseText(
        "body",
        "White space around the body differs",
        "white space around the body is not what was signed",
        "editors, logs and copying add it; trim() and strip() on either side remove it",
        "sign and send the same bytes, with nothing in between",
    ),
    "bom-added": CauseText(
        "body",
        "A byte order mark was added",
        "a byte order mark (EF BB BF) comes before the body and was not signed",
        "Windows editors, PowerShell 5's Out-File and utf-8-sig add one",
        "save as UTF-8 without a BOM",
    ),
    "bom-removed": CauseText(
        "body",
        "The byte order mark was removed",
        "the body was signed with a byte order mark (EF BB BF) that is now missing",
        "text decoders (TextDecoder, fetch's text(), utf-8-sig) drop it",
        "handle the body as bytes",
    ),
    "body-reserialized": CauseText(
        "body",
        "The JSON was parsed and written again",
        "the JSON was parsed and written again, so its bytes changed",
        "JSON.stringify(req.body), json.dumps(request.json), formatters and viewers do this",
        "sign and verify the raw body, before any parser",
        _RAW_BODY,
    ),
    "json-comment": CauseText(
        "body",
        "The JSON has a comment",
        "a comment was written into the JSON after it was signed",
        "the provider's printed sample has one, and editors allow them",
        "remove the comment: JSON does not allow any",
    ),
    "body-base64-encoded": CauseText(
        "body",
        "The body is base64",
        "base64 text takes the place of the body, or was signed instead of it",
        "Lambda events (isBase64Encoded), ngrok's inspector and HAR files encode bodies like this",
        "decode it first: Buffer.from(event.body, 'base64'), base64.b64decode(event['body'])",
    ),
    "body-json-string": CauseText(
        "body",
        "The body was put into a JSON string",
        "the body was serialised once too often, which adds quotes and backslashes",
        "JSON.stringify of text, or of a Buffer, and json.dumps of a str do this",
        "serialise once, then sign and send exactly that text",
    ),
    "body-percent-encoded": CauseText(
        "body",
        "The body is percent-encoded",
        "the body was percent-encoded like a form",
        "curl --data-urlencode, form middleware and encodeURIComponent do this",
        "send it as application/json, untouched",
    ),
    "body-html-escaped": CauseText(
        "body",
        "The body is HTML-escaped",
        "the quotes of the body are HTML character references such as &quot;",
        "templates, log viewers and sanitising middleware write them",
        "take the raw body, not what a page shows",
    ),
    "charset-converted": CauseText(
        "body",
        "The body went through another charset",
        "the characters of the body that are not ASCII were converted to another charset",
        "setEncoding('latin1'), ISO-8859-1 defaults of servlets and Windows code pages do this",
        "handle the body as bytes, or as UTF-8 from end to end",
    ),
    "lossy-utf8": CauseText(
        "body",
        "Bytes that are not UTF-8 were lost",
        "bytes of the body that are not valid UTF-8 were replaced by U+FFFD or dropped",
        "buffer.toString(), TextDecoder and decode(errors='replace') do this",
        "handle the body as bytes",
        _RAW_BODY,
    ),
    "unicode-normalized": CauseText(
        "body",
        "The text was normalised",
        "accented characters were composed or decomposed after signing",
        "macOS file names, String.normalize() and databases with a normalising collation do this",
        "handle the body as bytes",
    ),
    "smart-quotes": CauseText(
        "body",
        "Straight quotes became typographic ones",
        "the body has typographic quotes where JSON needs straight ones",
        "word processors, chats and notes on macOS replace them while typing or pasting",
        "paste as plain text, or turn off smart punctuation",
    ),
    "python-bytes-repr": CauseText(
        "body",
        "Python's b'...' was used as the text of the body",
        "b'...' takes the place of the body, the way Python prints bytes",
        "f'{id}.{timestamp}.{body}' and str(body) do this when body is bytes",
        "join bytes with bytes: f'{id}.{timestamp}.'.encode() + body",
        'content = f"{message_id}.{timestamp}.".encode() + raw_body',
    ),
    "body-object-object": CauseText(
        "body",
        "The body became [object Object]",
        "text such as [object Object] takes the place of the body",
        "`${req.body}` and String(body) turn a parsed body, a promise or a stream into it",
        "sign and verify the raw bytes",
        _RAW_BODY,
    ),
    "body-compressed": CauseText(
        "body",
        "The body is compressed on one side",
        "the body was signed uncompressed and captured compressed, or the other way round",
        "proxies and body parsers compress and decompress without asking",
        "verify the bytes that were signed: turn off the proxy's compression, or decompress first",
    ),
    "truncated-body": CauseText(
        "body",
        "The body is cut off",
        "a part of the body is missing",
        "a size limit, a lost connection or a copy by hand cut it",
        "capture the whole body; raise the limit of the proxy or parser",
    ),
    "content-length-mismatch": CauseText(
        "body",
        "Content-Length and body differ",
        "the body does not have as many bytes as Content-Length says",
        "the body was edited after the request was made",
        "capture it again without an editor in between",
    ),
    "body-missing": CauseText(
        "body",
        "The capture has no body",
        "the capture holds no body, but the signature covers one",
        "verbose logs (curl -v, nghttp) print headers only, or a parser had already read the body",
        "capture the body too: vove listen --save DIR keeps byte-exact requests",
    ),
    "body-parsed": CauseText(
        "body",
        "The capture holds an object, not text",
        "the capture holds the parsed body, so its exact bytes are gone",
        "loggers and middleware print req.body after JSON parsing",
        "log the raw body: express.raw(), request.get_data(), await request.body()",
        _RAW_BODY,
    ),
    "field-altered": CauseText(
        "body",
        "A field was changed after signing",
        "the body was changed after it was signed",
        "somebody altered it on the way, a test reuses a signature, "
        "or the signer changes the payload after signing it",
        "do not act on it; for a test, sign again: vove sign --body FILE",
    ),
    "text-around-body": CauseText(
        "body",
        "The body has other text around it",
        "the body has text around it that was not signed",
        "labels, quotes and prompts of logs, shells and tools were copied along with it",
        "keep only the body, from its first bracket to its last",
    ),
    "body-wrapped": CauseText(
        "body",
        "The body has line ends that were not signed",
        "the body has line ends that were not signed",
        "terminals, mail and viewers wrap long lines, or the signer drops line ends (curl -d @f)",
        "copy the body as one line, or sign and send the exact bytes (curl --data-binary @file)",
    ),
    "invisible-characters": CauseText(
        "body",
        "The body has invisible characters",
        "the body has invisible characters that were not signed",
        "chats, wikis and web pages put zero-width and no-break spaces into what is copied",
        "paste as plain text, or take the body from the raw request",
    ),
    "csv-escaped": CauseText(
        "body",
        "The body is a CSV cell",
        "the quotes of the body are doubled, as in a CSV file",
        "spreadsheets and CSV exports double them",
        "take the body from the request itself, or read the file with a CSV reader",
    ),
}
