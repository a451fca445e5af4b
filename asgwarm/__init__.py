"""asgwarm: a private EC2 instance in about a second, from your own account."""

__version__ = "0.1.0"
