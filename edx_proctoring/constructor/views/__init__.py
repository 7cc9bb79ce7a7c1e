"""Pages for learners and staff, and the addresses that the vendor and the guard script call."""
