"""Between the device's SQLite file and HQ: MQTT, the relay, fetching, and HQ's key."""
