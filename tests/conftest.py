"""What every test shares."""

from hypothesis import settings

# How long one example takes says nothing on a busy machine: speed is shown by benchmarks, never by a timed test.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
