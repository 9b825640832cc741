// Where this package lies in Node, and how it takes a package beside it: lib/node_runtime.js for CommonJS.

exports.FOLDER = __dirname;
/** @param {string} name */
exports.imported = async (name) => require(name);
