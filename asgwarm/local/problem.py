"""The one error of the emulated services: what AWS would have answered."""


class AwsProblem(Exception):
    """A refused request, with AWS's code and text; the wire codec turns it into XML."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def invalid(message: str) -> AwsProblem:
    """A ValidationError: most of what Auto Scaling refuses is called that."""
    return AwsProblem("ValidationError", message)


def not_emulated(what: str) -> AwsProblem:
    """What AWS can do and this region cannot; better refused than half done."""
    message = f"this emulated region does not emulate {what}"
    return AwsProblem("NotImplemented", message, 501)
