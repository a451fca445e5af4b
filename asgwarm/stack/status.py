"""What each status of a stack means for whoever wants to work on it, as one table."""

from enum import StrEnum


class Then(StrEnum):
    """What can be done with a stack in a status."""

    CREATE = "create"  # there is none
    UPDATE = "update"
    WAIT = "wait"  # somebody is at work on it
    STOP = "stop"  # a person has to act first


# A stack that does not exist counts as DELETE_COMPLETE.
THEN = {
    "CREATE_COMPLETE": Then.UPDATE,
    "UPDATE_COMPLETE": Then.UPDATE,
    "UPDATE_ROLLBACK_COMPLETE": Then.UPDATE,
    "IMPORT_COMPLETE": Then.UPDATE,
    "IMPORT_ROLLBACK_COMPLETE": Then.UPDATE,
    "DELETE_COMPLETE": Then.CREATE,
    "CREATE_IN_PROGRESS": Then.WAIT,
    "ROLLBACK_IN_PROGRESS": Then.WAIT,
    "DELETE_IN_PROGRESS": Then.WAIT,
    "UPDATE_IN_PROGRESS": Then.WAIT,
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": Then.WAIT,
    "UPDATE_ROLLBACK_IN_PROGRESS": Then.WAIT,
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": Then.WAIT,
    "IMPORT_IN_PROGRESS": Then.WAIT,
    "IMPORT_ROLLBACK_IN_PROGRESS": Then.WAIT,
    "CREATE_FAILED": Then.STOP,
    "ROLLBACK_COMPLETE": Then.STOP,
    "ROLLBACK_FAILED": Then.STOP,
    "DELETE_FAILED": Then.STOP,
    "REVIEW_IN_PROGRESS": Then.STOP,
    "UPDATE_FAILED": Then.STOP,
    "UPDATE_ROLLBACK_FAILED": Then.STOP,
    "IMPORT_ROLLBACK_FAILED": Then.STOP,
}

# status -> (what it means, the one command; {pool} and {stack} are filled in)
_REMEDY = {
    "CREATE_FAILED": ("its creation failed", "asgwarm down {pool}"),
    "ROLLBACK_COMPLETE": (
        "its creation failed and was undone; an empty stack is left",
        "asgwarm down {pool}",
    ),
    "ROLLBACK_FAILED": (
        "its creation failed and could not be undone",
        "asgwarm down {pool}",
    ),
    "DELETE_FAILED": ("its deletion stopped half-way", "asgwarm down {pool}"),
    "REVIEW_IN_PROGRESS": (
        "a change set waits for a decision",
        "aws cloudformation delete-stack --stack-name {stack}",
    ),
    "UPDATE_FAILED": (
        "an update failed and was not undone",
        "aws cloudformation rollback-stack --stack-name {stack}",
    ),
    "UPDATE_ROLLBACK_FAILED": (
        "an update failed and could not be undone",
        "aws cloudformation continue-update-rollback --stack-name {stack}",
    ),
    "IMPORT_ROLLBACK_FAILED": (
        "an import failed and could not be undone",
        "aws cloudformation continue-update-rollback --stack-name {stack}",
    ),
}

# It serves as it did before.
_UNDONE = {
    "UPDATE_ROLLBACK_COMPLETE": "update",
    "IMPORT_ROLLBACK_COMPLETE": "import",
}


def then(status: str) -> Then:
    """What can be done in *status*; one that this version does not know: stop."""
    if status not in THEN and status.endswith("_IN_PROGRESS"):
        return Then.WAIT
    return THEN.get(status, Then.STOP)


def remedy(status: str, *, pool: str, stack: str) -> tuple[str, str]:
    """What a status that stops us means, and the command that gets out of it."""
    meaning, command = _REMEDY.get(
        status,
        (
            f"it is {status}",
            "aws cloudformation describe-stack-events --stack-name {stack}",
        ),
    )
    return meaning, command.format(pool=pool, stack=stack)


def standing(status: str, *, pool: str, stack: str) -> tuple[str, str]:
    """What whoever uses the pool should know of its stack, and the next command.

    Both are empty where the stack is as its last request wanted it.
    """
    if then(status) is Then.STOP:
        return remedy(status, pool=pool, stack=stack)
    if then(status) is Then.WAIT:
        verb = "deleted" if status.startswith("DELETE") else "worked on"
        return f"it is being {verb}", f"asgwarm status {pool}"
    if status in _UNDONE:
        return f"its last {_UNDONE[status]} failed and was undone", f"asgwarm up {pool}"
    return "", ""
