"""How long the ways to an instance take, measured on somebody's own pool."""
