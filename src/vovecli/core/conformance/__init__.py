"""The conformance suite of `vove check`: the checks as data, pure judgement, the diagnosis."""
