"""Made by `safelight policy compile` from policy/ and schemas/."""

POLICY_HASH = "ce8b8039e266a06c4fd4191594861f63482b8571228f4395b6f4f74271472f63"
