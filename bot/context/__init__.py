"""What one must know to judge a Hunk."""
