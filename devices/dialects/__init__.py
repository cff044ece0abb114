"""One module per way of speaking MQTT: decode(topic, payload, at) gives readings, or a named refusal."""
