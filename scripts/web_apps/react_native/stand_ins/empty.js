// For what is imported and not used here.

module.exports = {};
