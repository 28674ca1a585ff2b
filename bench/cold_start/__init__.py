"""What a function's cold start costs, beside a bare handler that makes the same clients."""
