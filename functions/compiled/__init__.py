"""Made by `safelight policy compile` from policy/ and schemas/."""

POLICY_HASH = "6c5349959e3b0a928aa5aee1fbe8e42a33abed8dae6a99d1c3a5b32faa12b81e"
