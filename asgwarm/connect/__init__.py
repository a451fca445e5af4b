"""The way into an instance: key, push, handshake, session.

Rule 1: a host key is never accepted unseen; it comes with the registry's record.
Rule 2: nothing of the user's own SSH set-up (keys, agent, configuration) takes part.
"""
