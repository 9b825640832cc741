// Imported in a worker of the app's own, for `load({ worker })`: models are loaded and run there.

export {};
