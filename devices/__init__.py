"""What a sensor said. Pure: no asyncio, no sockets, no clock."""
