"""Drawing: outcomes become terminal text, JSON lines or reports; the only home of rich."""
