"""How commands end."""

SUCCESS = 0
FAILED = 1
# 2 is argparse's, for a command line that makes no sense.
NOT_DELIVERED = 3
INTERRUPTED = 130
ENDINGS = (
    "exit status: 0 done, or delivered; 1 something failed; 2 wrong usage; "
    "3 the request ended without a picture, the data set is not clean, or the classifier not good "
    "enough"
)


class CommandError(Exception):
    """The command cannot go on; the message says why and what to do next."""
