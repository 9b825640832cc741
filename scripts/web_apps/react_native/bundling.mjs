// Metro with the app's own settings; what stands for native code is all that is put in beside.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import Metro from "metro";

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

/**
 * The program that Metro makes for a platform, as an app is released.
 * @param {string} app
 * @param {string} platform
 * @param {boolean} isOld with the libraries and the resolution of some years ago
 */
export async function bundled(app, platform, isOld) {
  const settings = app === "expo" ? "metro.config.expo.js" : "metro.config.bare.js";
  const config = await Metro.loadConfig({ config: resolve(settings), cwd: process.cwd() }, { reporter: { update() {} } });
  const old = { "expo-file-system": "expo-file-system-18", "@dr.pogodin/react-native-fs": null };
  const out = resolve(`built-${app}-${platform}.js`);
  const standIns = { ...STAND_INS, [config.transformer.assetRegistryPath]: inFolder("asset_registry") };
  const changed = {
    ...config,
    resetCache: false,
    maxWorkers: 2,
    resolver: {
      ...config.resolver,
      unstable_enablePackageExports: !isOld,
      resolveRequest: (context, name, os) => {
        if (isOld && Object.hasOwn(old, name)) {
          if (old[name] === null) throw new Error(`${name} is not installed`);
          return context.resolveRequest(context, old[name], os);
        }
        if (Object.hasOwn(standIns, name)) return { type: "sourceFile", filePath: standIns[name] };
        return context.resolveRequest(context, name, os);
      },
    },
    serializer: { ...config.serializer, getModulesRunBeforeMainModule: () => [] },
  };
  await Metro.runBuild(changed, { entry: resolve(`${app}.js`), platform, dev: false, minify: false, out, assets: false });
  return readFileSync(out, "utf8");
}
