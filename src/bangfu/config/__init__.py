"""The top of the house: settings, urls, the embedded database server, the command line.

Nothing imports this room. Lower rooms get what it decides through `django.conf.settings`
and `django.db`.
"""
