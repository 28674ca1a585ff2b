"""The page on one machine: what CloudFront does in an account, in a small HTTP server."""
