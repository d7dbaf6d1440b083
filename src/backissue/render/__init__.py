"""Records to output: for machines, for pipes, for terminals. The last is the only home of Rich."""
