"""The outside world: each third party and each kind of I/O has exactly one home here."""
