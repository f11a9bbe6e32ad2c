"""What is said in a team's channels, as knowledge: threads kept together, pictures beside them, changes followed."""
