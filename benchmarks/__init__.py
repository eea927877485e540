"""What is timed, and against what. See README.md in this folder."""
