"""Use cases over ports, a verb each; they know no adapter, and no door."""
