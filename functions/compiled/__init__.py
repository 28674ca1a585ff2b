"""Made by `safelight policy compile` from policy/ and schemas/."""

POLICY_HASH = "10b190e8a1c6cb868075e9e3d111842defaa83be94b7d196f18ce3dcf03b09b2"
