"""The outside world: each third party has exactly one home here."""
