"""Every request recorded from real OpenStack services, sent again to Dicot in the recorded order."""
