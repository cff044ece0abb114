"""The ways to reach a person: each sends one delivery and says what came back."""
