//! Replays the console sessions of the book.
