"""What people say to Patchwright in comments, and what it answers."""
