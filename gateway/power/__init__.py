"""What feeds the box: mains or battery, for how long, and the clean end before the battery's."""
