"""What a classifier of one's own costs on AWS, in words."""

from local.cost.prices import shipped

TRAINING_HOUR = shipped()["comprehend.training-hour"].usd
MODEL_MONTH = shipped()["comprehend.model-month"].usd
UNIT_SECOND = shipped()["comprehend.inference-unit-second"].usd
UNIT_DAY = UNIT_SECOND * 86_400
HERE = "Nothing is paid here: stand-ins train and answer."


def training_text() -> str:
    """What is paid once and for keeping."""
    return (
        f"The training costs {TRAINING_HOUR:.2f} USD an hour, from half an hour on, and the model "
        f"{MODEL_MONTH:.2f} USD a month until it is deleted."
    )


def endpoint_text(most_units: str) -> str:
    """What is paid while there is an endpoint; `most_units` may be ""."""
    most = f", and {most_units} of them at most" if most_units else ""
    return (
        f"An inference unit costs {UNIT_SECOND} USD a second, {UNIT_DAY:.2f} USD a day, asked or "
        f"not. The endpoint has one at least{most}: it never scales to zero. "
        "`safelight classifier delete` ends it."
    )
