"""A run of the suite of `vove check`: the conversation with its driver, diagnosis, report."""
