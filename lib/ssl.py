"""TLS is not there: the native module `_ssl` is missing.

Modules that can do without (http.client, urllib, asyncio, smtplib) catch the exception.
"""
raise ModuleNotFoundError("No module named '_ssl'", name='_ssl')
