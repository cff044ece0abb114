"""The process in the home: hears the sensors, decides, remembers, and rests only when a person took over."""
