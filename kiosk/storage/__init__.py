"""One SQLite file a device, written in units of work; face templates in a file of their own."""
