"""Made by `safelight policy compile` from policy/ and schemas/."""

POLICY_HASH = "23489e620f78c30f81a3c3414b1725513e5703568de7bd41355ad1b7567eeb82"
