"""Auto Scaling with native warm pools and lifecycle hooks, emulated.

lifecycle.py   the states of an instance and every allowed move, as one table
model.py       groups, instances, hooks, warm pools, activities: plain data
world.py       one region's groups, its clock, and what it asks of the outside
path.py        how one instance walks through the table
scaling.py     what a group does when wish and reality differ
actions_*.py   one function per API action
machine.py     all of it behind four calls: call, advance, take_effects, answers
service.py     the asyncio part: HTTP bodies, timers, real instances
resources.py   the CloudFormation resource types

Rule: everything below service.py is pure. It reads no clock, does no I/O and draws
no random numbers: the same calls at the same times give the same answers.
"""
