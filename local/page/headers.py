"""The headers of the page's files: what web/site.yaml has CloudFront say, the local server says.

Transport security is CloudFront's alone: the local server speaks plain HTTP.
"""

from __future__ import annotations

# By suffix; a file of any other kind is not served and not published.
CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/vnd.microsoft.icon",
    ".txt": "text/plain; charset=utf-8",
}
# Files keep their names from version to version: whoever has one asks whether it is still the same.
CACHE_CONTROL = "no-cache"
STRICT_TRANSPORT_SECURITY = "max-age=31536000; includeSubDomains"
PERMISSIONS_POLICY = (
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
)


def content_security_policy(pictures: str, sign_in: str = "") -> str:
    """The policy: pictures come from other origins (`pictures`, with blanks between them), tokens
    from `sign_in` where there is one.

    It leaves nothing that could run a text as code: no inline script or style, no eval, and no
    string may be assigned as markup.
    """
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' {pictures}",
            " ".join(filter(None, ["connect-src 'self'", sign_in])),
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    )


def security_headers(pictures: str, sign_in: str = "") -> dict[str, str]:
    """What goes with every file, by name."""
    return {
        "Content-Security-Policy": content_security_policy(pictures, sign_in),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": PERMISSIONS_POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
