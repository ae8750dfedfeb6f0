"""The operator's command line. Every verb's core is a plain function that a script can import."""
