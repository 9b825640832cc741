"""What ends the program with one message."""


class Failure(Exception):
    """Something that a person has to see to; its text is all that is shown."""
