"""What Dicot costs: CPU and latency of requests beside a bare server's, and memory. `make bench` runs it."""
