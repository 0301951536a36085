-- The crawl store beside the registry: two databases, so that they can be given different rights and backups.
CREATE DATABASE crawl;
