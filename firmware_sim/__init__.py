"""Devices and a resident, simulated as firmware would behave, over real MQTT."""
