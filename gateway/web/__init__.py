"""The caregiver's page: what it shows, its words, its templates and who may look at it."""
