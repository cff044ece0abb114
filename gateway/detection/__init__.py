"""The pure core: what the box believes. No clock, no socket, no database."""
