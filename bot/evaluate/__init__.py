"""Cases with known truth, and reviewers -> how much was found, how often in vain, with how much certainty."""
