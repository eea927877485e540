"""What `make` runs: find a bench, link this app into it, make sites, run the tests. Standard library only."""
