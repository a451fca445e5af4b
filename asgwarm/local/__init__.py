"""The emulated region: AWS on 127.0.0.1, for trying asgwarm out and for its tests.

It is an AWS endpoint like any other: clients reach it through AWS_ENDPOINT_URL and sign
with its random key. Nothing here is imported by the product and nothing of the product
is imported here, so that the two cannot agree by sharing a mistake.

    process.py   start, find, stop          region.py   the parts and how they connect
    front.py     every request comes in     seam.py     the base, ministack
    autoscaling/ groups and warm pools      instances.py  SSH servers, folders, boots
"""
