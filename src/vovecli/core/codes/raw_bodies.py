"""How each framework hands out the exact bytes of a body, which is what goes wrong most often."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# framework, as `recognise` names it -> what to do there
RAW_BODIES: Mapping[str, str] = {
    "Express": "mount express.raw({ type: () => true }) on this route, before any express.json()",
    "NestJS": (
        "NestFactory.create(AppModule, { rawBody: true }), then verify request.rawBody, not a DTO "
        "or @Body() written again"
    ),
    "Next.js (app router)": "await request.text() or arrayBuffer() once, and no request.json()",
    "Next.js (pages router)": (
        "export const config = { api: { bodyParser: false } }, then read the chunks of the request"
    ),
    "Fastify": "addContentTypeParser('*', { parseAs: 'buffer' }, ...) in a plugin of this route",
    "Hono": "await c.req.arrayBuffer() once, and neither c.req.json() nor c.req.raw before it",
    "Koa": "read ctx.req before any body parser, or verify ctx.request.rawBody of koa-bodyparser",
    "Nitro": "readRawBody(event, false), not readBody(event)",
    "Node": "collect the chunks of the request with Buffer.concat, and read it once",
    "Flask": "request.get_data(), before request.form, and not request.json written again",
    "FastAPI": "await request.body(), not a pydantic model dumped again",
    "Starlette": "await request.body(), and no middleware that reads the stream first",
    "Litestar": "await request.body(), not the `data` of a model",
    "Django": "request.body, before request.POST",
    "Django REST framework": "request.body, before request.data: a parser consumes what it reads",
    "aiohttp": "await request.read(), not request.json() written again",
    "Python": "read Content-Length bytes of the stream, once",
    "Go": "io.ReadAll(request.Body), before any json.Decoder or binding",
    "PHP": "file_get_contents('php://input'), not $_POST",
    "Sinatra": "request.body.read, after request.body.rewind if a middleware has already read it",
    "Rack": "env['rack.input'].read, after rewind if a middleware has already read it",
    "Rails": "request.raw_post, not params",
    "Spring": (
        "a parameter @RequestBody byte[]: getReader() and getInputStream() can be used once only"
    ),
    "ASP.NET": "Request.EnableBuffering(), then read Request.Body before model binding",
    "AWS Lambda": "Buffer.from(event.body, 'base64') if event.isBase64Encoded is true",
}
# Mistakes that a body makes which was parsed, read or encoded before it was verified.
OF_RAW_BODIES = frozenset(
    {
        "body-parsed-before-verify",
        "body-reserialized",
        "body-base64-encoded",
        "body-schema",
        "crash-before-verification",
        "never-answers",
    }
)
