"""The agent: a process of the user's that keeps warm what every `get` needs.

Rule 1: a `get` does the same with an agent and without; only its time differs.
Rule 2: until the agent was told to go on, nothing has begun, and whatever is unusual
sends the front the usual way. From then on nothing is done twice.
Rule 3: it runs the command line's own code. Nothing below this room knows of it.
"""
