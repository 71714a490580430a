"""Floor 0: values in, values out; no I/O, no clock, no randomness, no logging, no environment."""
