"""What one writes in an afternoon: boto3 and asyncssh, one step after the other."""

import asyncio
import os
import random
import secrets
import sys
from typing import Any

import asyncssh
import boto3


def claim(table: str) -> dict[str, Any]:
    """Take a ready row on a condition; return it."""
    dynamodb = boto3.client("dynamodb")
    page = dynamodb.query(
        TableName=table,
        IndexName="ready",
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"POOL#{os.environ['POOL']}#0"}},
        Limit=8,
        ConsistentRead=True,
    )
    row = random.choice(page["Items"])  # noqa: S311  # who is first decides
    dynamodb.update_item(
        TableName=table,
        Key={"pk": row["pk"], "sk": row["sk"]},
        UpdateExpression="SET st = :leased, lease_id = :id, lease_owner = :owner, "
        "lease_name = :none, hb = :one, dur_s = :length REMOVE ready_key ADD gen :one",
        ConditionExpression="st = :ready",
        ExpressionAttributeValues={
            ":leased": {"S": "LEASED"},
            ":ready": {"S": "READY"},
            ":id": {"S": f"{os.environ['POOL']}.{secrets.token_hex(8)}"},
            ":owner": {"S": os.environ["OWNER"]},
            ":none": {"S": ""},
            ":one": {"N": "1"},
            ":length": {"N": "600"},
        },
    )
    return row


async def run(row: dict[str, Any], command: str) -> int:
    """Push a new key, connect to the pinned host key, run the command."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    user = row["os_user"]["S"]
    boto3.client("ec2-instance-connect").send_ssh_public_key(
        InstanceId=row["sk"]["S"][2:],
        InstanceOSUser=user,
        SSHPublicKey=key.export_public_key().decode(),
    )
    pinned = asyncssh.import_public_key(row["host_key"]["S"])
    async with asyncssh.connect(
        row["address"]["S"],
        port=int(row["port"]["N"]),
        username=user,
        client_keys=[key],
        known_hosts=([pinned], [], []),
    ) as connection:
        done = await connection.run(command, stdout=sys.stdout, stderr=sys.stderr)
    return done.exit_status or 0


if __name__ == "__main__":
    taken = claim(f"asgwarm-{os.environ['POOL']}")
    sys.exit(asyncio.run(run(taken, os.environ["REMOTE_COMMAND"])))
