//! Broadcasters and tables that look right, and how each of them fails.
