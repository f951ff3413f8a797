"""Results and events that cross layers, one module per command family (loading all costs start-up)."""
