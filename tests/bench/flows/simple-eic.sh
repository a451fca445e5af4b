#!/bin/bash
# No pool: push a key to an instance that one knows, ssh.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

ssh-keygen -q -t ed25519 -N '' -f "$folder/key"
aws ec2-instance-connect send-ssh-public-key --instance-id "$INSTANCE" \
  --instance-os-user "$OS_USER" --ssh-public-key "file://$folder/key.pub" >/dev/null
ssh -F none -i "$folder/key" -o IdentitiesOnly=yes -o LogLevel=ERROR \
  -o UserKnownHostsFile="$KNOWN_HOSTS" \
  -p "$SSH_PORT" "$OS_USER@$SSH_ADDRESS" "$REMOTE_COMMAND"
