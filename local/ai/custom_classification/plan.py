"""How trainings and endpoints are to go, where a test or a demo says so."""

from dataclasses import dataclass

TRAININGS = ("usual", "fail", "warn", "no-metrics")
ENDPOINTS = ("usual", "fail")


@dataclass
class Plan:
    """`phase_seconds` is the least that SUBMITTED, TRAINING, and CREATING or UPDATING take."""

    phase_seconds: float = 0.3
    training: str = "usual"
    endpoint: str = "usual"

    def change(self, phase_seconds: float, training: str, endpoint: str) -> None:
        """ValueError for words that are none of TRAININGS and ENDPOINTS."""
        if training not in TRAININGS or endpoint not in ENDPOINTS or phase_seconds < 0:
            raise ValueError(
                f"training is one of {', '.join(TRAININGS)}; endpoint of {', '.join(ENDPOINTS)}; "
                "phase_seconds is not negative"
            )
        self.phase_seconds, self.training, self.endpoint = phase_seconds, training, endpoint
