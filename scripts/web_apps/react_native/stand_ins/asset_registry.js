// React Native's registry of assets: Metro's code for one registers it, and has its number.

const assets = [];

module.exports = {
  registerAsset: (asset) => assets.push(asset),
  getAssetByID: (id) => assets[id - 1],
};
