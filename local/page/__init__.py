"""The page on one machine: what CloudFront does in an account, in a small HTTP server."""

# Where `safelight local` and the demo have it, so that it keeps its address.
USUAL_PORT = 8088
