"""The error that a user sees as one sentence."""


class CannotProceedError(Exception):
    """Bad input or a missing part: says what, where, and what to do next.

    The front door prints the sentence to stderr and exits with 2. The text must hold no secret.
    """
