// The files of this package's bundle as assets of Metro, which ships .json files as modules: these two under another name.

/** @type {Record<string, import("./device_files.js").Asset>} */
export const ASSETS = {
@@ASSETS@@
};
