"""Commands: admission (may it be done?), execution (do it), journal (remember it), commander (in order)."""
