"""Everything that people see has its colours, words and shapes from here."""
