"""What every client of a gateway's API needs: bounded requests, answers taken apart, keys."""
