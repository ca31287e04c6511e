"""Access tokens: how they are obtained, renewed once for all, and kept."""
