"""The error names that the state machine knows.

Step Functions matches an exception by its class name, so these names are a contract with
`statemachine/*.asl.json`; tests/wiring checks both sides. Messages never hold prompts or tokens.

    SafelightError
    ├── TransientError          worth another try as it is
    │   ├── Throttled           an AWS service asked us to slow down
    │   └── ServiceUnavailable  an AWS service failed, or could not be reached
    ├── UnusableAnswer          a model's answer cannot be used; another call may give a better one
    │   ├── UnusableVerdict     a judge answered without a verdict: that is not "unsafe"
    │   └── MalformedReply      the generator's output is missing, or not what was agreed
    ├── GenerationError         how a paid generation ended, told through the task token
    │   ├── GenerationFailed    the endpoint reported a failure: another inference may succeed
    │   └── GenerationExpired   the endpoint gave the request up before working on it
    ├── CapacityUnavailable     the endpoint cannot come to a request before that would expire
    ├── PolicyUnavailable       no sound policy to judge by: then nothing is judged
    └── Superseded              the record was closed by another, or belongs to another run
"""


class SafelightError(Exception):
    """Every error of ours that may leave a function."""


class TransientError(SafelightError):
    """Worth another try as it is."""


class Throttled(TransientError):
    """An AWS service asked us to slow down."""


class ServiceUnavailable(TransientError):
    """An AWS service failed, or could not be reached."""


class UnusableAnswer(SafelightError):
    """A model's answer cannot be used."""


class UnusableVerdict(UnusableAnswer):
    """A judge answered without a verdict."""


class MalformedReply(UnusableAnswer):
    """The generator's output is missing, not what was agreed, or holds no picture."""


class GenerationError(SafelightError):
    """How a paid generation ended."""


class GenerationFailed(GenerationError):
    """The endpoint reported a failure."""


class GenerationExpired(GenerationError):
    """The endpoint gave the request up before working on it."""


class CapacityUnavailable(SafelightError):
    """The endpoint cannot come to a request before that would expire: it is not asked."""


class PolicyUnavailable(SafelightError):
    """The policy that must judge is missing or broken."""


class Superseded(SafelightError):
    """The record is not this execution's to go on with."""
