"""Reports of `vove check`: a page for people, JUnit, one HTML page, GitHub annotations."""
