"""The places of the little web, one file each; every file has `fill(web)`, which publishes its pages."""
