"""The subcommands of `safelight`, one module each: add_to() describes it, run() does it.

What a command needs is imported when it runs, so that --help is quick.
"""
