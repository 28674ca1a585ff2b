"""Made by `safelight policy compile` from policy/ and schemas/."""

POLICY_HASH = "6e2afa1a93e6a01066235e4924a43e1ec1fc609b2d64613015b3ce35967ddd8a"
