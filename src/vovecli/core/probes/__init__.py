"""Requests of a check as data: how they are made, what came back, what answers say."""
