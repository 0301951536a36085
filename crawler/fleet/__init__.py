"""Several crawlers on one store: who works on what, and how fast, agreed in Valkey.

The truth stays in the crawl store. Valkey says what is handed out next, to whom, and when a site may be asked again;
it can be emptied or go away at any moment and is filled again from the store.
"""
