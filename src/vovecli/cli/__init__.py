"""The typer shell: one module per command that parses, calls and renders."""
