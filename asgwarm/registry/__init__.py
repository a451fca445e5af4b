"""The shared DynamoDB table: the truth about who may use what."""
