#!/bin/bash
# A pool by a table: find a ready row, take it on a condition, push a key, ssh.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

read -r row address < <(aws dynamodb query --table-name "asgwarm-$POOL" \
  --index-name ready --key-condition-expression 'pk = :pk' --limit 1 \
  --expression-attribute-values "{\":pk\": {\"S\": \"POOL#$POOL#0\"}}" \
  --query 'Items[0].[sk.S,address.S]' --output text)
aws dynamodb update-item --table-name "asgwarm-$POOL" \
  --key "{\"pk\": {\"S\": \"POOL#$POOL#0\"}, \"sk\": {\"S\": \"$row\"}}" \
  --update-expression 'SET st = :leased, lease_owner = :owner REMOVE ready_key' \
  --condition-expression 'st = :ready' \
  --expression-attribute-values "{\":leased\": {\"S\": \"LEASED\"},
    \":ready\": {\"S\": \"READY\"}, \":owner\": {\"S\": \"$OWNER\"}}"
ssh-keygen -q -t ed25519 -N '' -f "$folder/key"
aws ec2-instance-connect send-ssh-public-key --instance-id "${row#I#}" \
  --instance-os-user "$OS_USER" --ssh-public-key "file://$folder/key.pub" >/dev/null
ssh -F none -i "$folder/key" -o IdentitiesOnly=yes -o LogLevel=ERROR \
  -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
  -p "$SSH_PORT" "$OS_USER@$address" "$REMOTE_COMMAND"
