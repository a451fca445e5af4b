"""The instances as AWS sees them: observed, never believed for ownership."""
