"""Made by `safelight policy compile` from policy/ and schemas/."""

POLICY_HASH = "0993c125875ce3fd1a61e4c9eb0b3d24e3c5516ceef6af0dc6f2e2e5e22b72b6"
