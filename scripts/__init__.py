"""What developers run beside the targets of the Makefile."""
