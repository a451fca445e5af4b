"""What runs in AWS: one function that keeps a pool as it should be."""
