"""The version of Safelight. Imports nothing: cold starts pay it."""

VERSION = "0.1.0"
