"""The command line: `ruil VERB ...`. Data on stdout, all else on stderr; `--json` for machines everywhere."""
