"""Six lessons: what is asked, how the lab judges it, and the pages that are made of them."""
