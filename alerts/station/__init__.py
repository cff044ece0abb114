"""The receiving end at the community station: its own process, store and console page."""
