"""What the assistant knows and does; it knows no platform."""
