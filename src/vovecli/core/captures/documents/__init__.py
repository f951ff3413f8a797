"""JSON documents of tools: one module each, with `matches(document)` and `read(document)`."""
