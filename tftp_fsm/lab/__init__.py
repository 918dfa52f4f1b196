"""The lab: a page on which one acts, and the Python that it asks.

`feed.Lab` takes messages and gives replies, both as JSON values. It opens no file and no socket, so
the same object answers behind a server and in a browser.
"""
