"""SEES. The Scrapy project: spiders, frontier, manners and guards. Knows no people."""
