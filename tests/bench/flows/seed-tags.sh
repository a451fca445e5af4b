#!/bin/bash
# A pool by tags: find a ready instance, tag it, push a key, ssh.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

read -r instance address < <(aws ec2 describe-instances --output text \
  --filters "Name=tag:Pool,Values=$POOL" Name=tag:State,Values=ready \
  Name=instance-state-name,Values=running \
  --query 'Reservations[0].Instances[0].[InstanceId,PublicIpAddress]')
aws ec2 create-tags --resources "$instance" \
  --tags Key=State,Value=leased "Key=Owner,Value=$OWNER"
ssh-keygen -q -t ed25519 -N '' -f "$folder/key"
aws ec2-instance-connect send-ssh-public-key --instance-id "$instance" \
  --instance-os-user "$OS_USER" --ssh-public-key "file://$folder/key.pub" >/dev/null
ssh -F none -i "$folder/key" -o IdentitiesOnly=yes -o LogLevel=ERROR \
  -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
  -p "$SSH_PORT" "$OS_USER@$address" "$REMOTE_COMMAND"
