"""`kiosk eval ...`: accuracy on a person's own data, with figures and intervals."""
