"""What the installer may set. Imports nothing of ours."""
