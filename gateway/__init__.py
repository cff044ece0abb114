"""The process in the home: hears the sensors, decides, remembers, and rests only when a person took over."""

from __future__ import annotations

from importlib.metadata import version

__version__ = version("shouwang")
