"""Made by `safelight policy compile` from policy/ and schemas/."""

POLICY_HASH = "a7ac06ea49db9229e4b217848ba3a8b0951b9768b9ac7410b0dbfe2e1170a899"
