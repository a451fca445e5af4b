"""The commands about the agent itself, one file each; see `asgwarm.cli.catalogue`."""
