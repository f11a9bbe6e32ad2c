"""Where the team keeps what it knows: each source is brought into a folder of its own and read in from there."""
