"""The home's telephone: baresip as a supervised child, the trunks it calls by, and what is said and heard."""
