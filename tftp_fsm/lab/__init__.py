"""The lab: a page on which a student acts, and the Python code that answers it.

`feed.Lab` takes messages and returns replies, both as JSON values. It opens no file and no socket,
so the same class works in a server and in a browser.
"""
