"""The processor of a board, emulated on this machine to count instructions; no root is needed."""
