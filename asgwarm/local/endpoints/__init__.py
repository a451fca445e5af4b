"""EC2 Instance Connect Endpoints: ways into private subnets, one for each VPC.

records    which endpoints there are, as EC2's API and CloudFormation make them
api        the three EC2 actions about them, which the base does not know
walls      what the security groups on both sides let through
tunnels    what goes through a WebSocket at `/openTunnel`, and what ends it
door       who may open one
service    all of it, put together
"""
