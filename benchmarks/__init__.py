"""What the adapter costs, measured: `make bench`."""
