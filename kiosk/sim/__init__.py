"""The store in a box: broker, processes, people, chaos and the report."""
