"""Made by `safelight policy compile` from policy/ and schemas/."""

POLICY_HASH = "1493dfbfc66dba26c70d5d8ce55ebc5b451a8a909f645c3502edde14ab8d3180"
