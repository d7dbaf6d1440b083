"""The promises of docs/reliability.md, each tried: a few times always, many times with --long."""
