// Metro with the app's own settings; what stands for native code is all that is put in beside.

import { createRequire } from "node:module";
import { readFileSync, realpathSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";

import Metro from "metro";

const NOT_INSTALLED = "a-package-that-is-not-installed";
const require = createRequire(import.meta.url);
const inFolder = (name) => resolve(import.meta.dirname, "stand_ins", `${name}.js`);
const STAND_INS = {
  "react-native": inFolder("react_native"),
  "react-native/unstable-internals-do-not-use": inFolder("empty"),
  // which is found by its exports alone
  "@react-native/asset-utils": require.resolve("@react-native/asset-utils"),
  "expo-modules-core": inFolder("expo_modules_core"),
  "expo-constants": inFolder("empty"),
  "expo/internal/bundle-origin": inFolder("empty"),
};

// what an app of some years ago has in place of a library
const OLD = { "expo-file-system": "expo-file-system-18", "@dr.pogodin/react-native-fs": NOT_INSTALLED };

/**
 * The program that Metro makes of an app for a platform, as it is released.
 * @param {string} entry
 * @param {string} settings the app's own, `metro.config.js`
 * @param {string} platform android or ios
 * @param {{ isOld?: boolean, lacks?: string[] }} [options] isOld: with the libraries and the resolution of some years ago;
 *   lacks: packages that the app has not installed
 */
export async function bundled(entry, settings, platform, { isOld = false, lacks = [] } = {}) {
  const config = await Metro.loadConfig({ config: resolve(settings), cwd: process.cwd() }, { reporter: { update() {} } });
  const standIns = { ...STAND_INS, [config.transformer.assetRegistryPath]: inFolder("asset_registry") };
  const out = resolve(`built-${platform}-${basename(entry)}`);
  const changed = {
    ...config,
    // installed packages may be links
    watchFolders: [...config.watchFolders, dirname(realpathSync("node_modules/metro"))],
    resolver: {
      ...config.resolver,
      unstable_enablePackageExports: !isOld,
      resolveRequest: (context, name, os) => {
        if (lacks.includes(name)) return context.resolveRequest(context, NOT_INSTALLED, os);
        if (isOld && Object.hasOwn(OLD, name)) return context.resolveRequest(context, OLD[name], os);
        if (Object.hasOwn(standIns, name)) return { type: "sourceFile", filePath: standIns[name] };
        return context.resolveRequest(context, name, os);
      },
    },
    serializer: { ...config.serializer, getModulesRunBeforeMainModule: () => [] },
  };
  await Metro.runBuild(changed, { entry: resolve(entry), platform, dev: false, minify: false, out, assets: false });
  return readFileSync(out, "utf8");
}
