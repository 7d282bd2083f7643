"""One process each: builds its flows and runs them. Services never import each other; they meet in the device's SQLite file."""

ROLES = ("pay", "mirror", "stock", "sync")
"""The modules of this room; each has `serve(settings) -> exit code`."""
