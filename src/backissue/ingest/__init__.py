"""Files to issues: from messy sources to deduplicated records."""
