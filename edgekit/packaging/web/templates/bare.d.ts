// The types of `bare.js`: those of the package, whose files it reads by itself.

export * from "./index.js";
