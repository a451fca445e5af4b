"""What people type and see; everything is decided elsewhere."""
