"""The nouns of edgekit as validated types. The ground floor: imports nothing of edgekit."""
