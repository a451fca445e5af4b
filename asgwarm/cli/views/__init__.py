"""How values look: to people as text, to programs as JSON documents."""
