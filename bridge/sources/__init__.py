"""Where updates come from: async iterators of Update."""
