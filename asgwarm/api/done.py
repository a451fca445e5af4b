"""What became of a command on an instance."""

from asgwarm.domain.escape import printable
from asgwarm.domain.value import value
from asgwarm.errors import CommandFailed

_SHOWN = 200  # characters of a command's last words in an error's message


@value
class Done:
    """A command that has ended.

    Attributes:
        returncode: Its exit code; 128 + n after death by signal n, 255 when the
            instance told none.
        stdout_bytes: Its output, as far as `run` kept it.
        stderr_bytes: The same of its errors.
    """

    returncode: int
    stdout_bytes: bytes = b""
    stderr_bytes: bytes = b""

    @property
    def stdout(self) -> str:
        """Its output as text; what is no UTF-8 is replaced."""
        return self.stdout_bytes.decode(errors="replace")

    @property
    def stderr(self) -> str:
        """Its errors as text; what is no UTF-8 is replaced."""
        return self.stderr_bytes.decode(errors="replace")

    def check(self) -> "Done":
        """Return itself if the command ended with 0.

        Raises:
            CommandFailed: It did not; has its code and its output.
        """
        if self.returncode == 0:
            return self
        last_words = self.stderr.strip().rpartition("\n")[2][:_SHOWN]
        said = f": {printable(last_words)}" if last_words else ""
        raise CommandFailed(
            f"the command ended with {self.returncode}{said}",
            hint="run(…, check=False)",
            returncode=self.returncode,
            stdout=self.stdout,
            stderr=self.stderr,
        )
