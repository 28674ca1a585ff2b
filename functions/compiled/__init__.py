"""Made by `safelight policy compile` from policy/ and schemas/."""

POLICY_HASH = "f2a5048ec1e090b63309ec24c8d845948b35b16a22c0b4bb69196947a0c0ff6c"
