"""The part that knows webhooks: no I/O, no clock, no randomness, no third party."""
