"""The errors of this package."""


class TruenameError(Exception):
    """Any error of this package."""


class UnsupportedError(TruenameError):
    """This Python cannot be recorded, or its frames cannot be named."""


class CommandError(TruenameError):
    """The command `truename` is missing, or says that it cannot do what it was asked for."""


class AlreadyRecordingError(TruenameError):
    """This interpreter is being recorded, and one recording at a time is all that there can be."""


class NotRecordingError(TruenameError):
    """There is no recording that could be stopped."""
