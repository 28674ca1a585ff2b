"""The demo's gallery: one HTML file with everything in it."""
