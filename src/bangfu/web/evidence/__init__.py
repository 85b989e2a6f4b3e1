"""Photos and scans: the panel on a case, uploading, looking at one."""
