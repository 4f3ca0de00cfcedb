"""Other people's tools, run where a project needs them: Node, esbuild, npm, pip, chalice.

What they make lies in the user's cache, never in the project, and is kept by the digest of what it
was made from.
"""
