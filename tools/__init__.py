"""What the repository needs around the package: builds, the embedded AWS, the local run. Never shipped."""
