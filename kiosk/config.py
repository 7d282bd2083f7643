"""kiosk.toml -> frozen settings."""
