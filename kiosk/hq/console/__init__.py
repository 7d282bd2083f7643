"""The console: server-rendered pages for the people at HQ. It binds 127.0.0.1 alone: there is no log-in yet."""
