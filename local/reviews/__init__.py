"""What people decided at the review desk, as data: labelled prompts, decisions, agreement."""
