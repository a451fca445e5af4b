"""CloudFormation: the template, its deployment, its end, and what it costs."""
