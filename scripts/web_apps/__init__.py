"""The npm packages of two tiny models in a minimal app of each framework: a folder a framework, and what runs them."""
