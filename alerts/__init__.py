"""What people must be told, until one of them has taken it. Knows no sensor."""
