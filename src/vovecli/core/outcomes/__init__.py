"""Results and events that cross layers; a module per family, as loading all costs start-up."""
