"""What a Python program has of a pool: `Pool` to call, `AsyncPool` to await.

Rule 1: one implementation. The asynchronous face is thin over `leasing`, and the
blocking one is made from it (`bridge`); no logic and no signature is written twice.
Rule 2: asyncssh and boto3 are loaded when something needs them, as everywhere else.
"""
