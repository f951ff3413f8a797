"""What each command does: plain functions that return an outcome or yield events."""
