"""Whom to write to when no directory knows the site: RDAP, security.txt and RFC 2142, asked only when somebody says so.

What a look-up tells others: RDAP servers see the registered domain or the number the host has, the resolver sees the
host's name, and the host itself, if it is asked for its security.txt, sees that one fixed path. Nobody sees the page.
"""
