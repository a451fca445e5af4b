"""What OpenSSH's own programs need to reach a lease by its name.

`ssh NAME.asgwarm` starts `asgwarm ssh-proxy`, which finds or claims the lease, offers
a session key to that one ssh, and passes bytes on.

Rule 1: ssh accepts the pinned host key and no other, and is offered our key first.
Rule 2: the key is in the proxy's memory; what lies on disk for the time of a handshake
is a socket and a public host key.
"""
