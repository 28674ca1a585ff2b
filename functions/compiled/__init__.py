"""Made by `safelight policy compile` from policy/ and schemas/."""

POLICY_HASH = "ffc1f230a606bec66b2841cfdd762864e7a0ce5612b711b53f6e5362aefa8ab6"
