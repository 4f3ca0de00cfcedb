"""The generated pages of docs/reference: each is a function from the code to Markdown.

`scripts/docs` writes them, `scripts/check` and a test compare them with what is written.
"""
