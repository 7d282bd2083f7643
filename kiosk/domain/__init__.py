"""Pure decisions: values in, values and events out. No clock, no input, no output."""
