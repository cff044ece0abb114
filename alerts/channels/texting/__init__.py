"""Text messages by the home's modem: the modem itself, what comes out of it, and the words that go in."""
