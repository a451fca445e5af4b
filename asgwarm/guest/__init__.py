"""What runs on an instance. Nothing here is imported by the rest of asgwarm."""
