"""A lean client for the few calls between asking for an instance and a prompt.

Building boto3's clients takes longer than all of those calls together. What is not
understood here in full is boto3's.
"""
